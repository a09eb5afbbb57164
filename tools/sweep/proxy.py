"""The swept proxy: LiteLLM with defaults, a partial catalogue, local responses."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import batched
from pathlib import Path
from shutil import copyfile
from typing import Any

import yaml

from harness.litellm_proxy_process import PROXY_COMMAND, litellm_proxy
from tools.sweep.calls import SweptModel

MODELS_A_KEY = 40
"""Saving a form makes the plugin fetch all models of the key."""
MASTER_KEY = "sk-sweep-a1b2c3d4e5f60718"
OFFLINE = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    # Else LiteLLM's token counting searches a hub for tokenizers, for half a minute.
    "HF_HUB_OFFLINE": "1",
}
_HERE = Path(__file__).parent
_ANSWERS = "local_answers"
_CLOUD = {
    "api_key": "swept",
    "api_base": "http://127.0.0.1:9",
    "aws_access_key_id": "swept",
    "aws_secret_access_key": "swept",
    "aws_region_name": "us-east-1",
    "vertex_project": "swept",
    "vertex_location": "us-central1",
}
"""Port 9 is closed: a request without a local response fails at once with an error."""
_MOCK = {"embedding": [0.1, 0.2, 0.3]}


def catalogue() -> list[SweptModel]:
    """Return the models of LiteLLM's catalogue that have a model type in Dify."""
    python = PROXY_COMMAND.parent / "python"
    listed = subprocess.run(
        [str(python), str(_HERE / "list_models.py")], check=True, capture_output=True,
        env={**OFFLINE, "PATH": ""}, timeout=120,
    )  # fmt: skip
    return [SweptModel(**row) for row in json.loads(listed.stdout)]


@contextmanager
def swept_proxy(
    models: Sequence[SweptModel], folder: Path
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Run a proxy with these models.

    Yield its URL, and the key for each model's name.
    """
    groups = {
        f"sk-sweep-{number}": [model.name for model in group]
        for number, group in enumerate(batched(models, MODELS_A_KEY))
    }
    (folder / "groups.json").write_text(json.dumps(groups))
    copyfile(_HERE / f"{_ANSWERS}.py", folder / f"{_ANSWERS}.py")
    config = {
        "model_list": [
            {"model_name": model.name, "litellm_params": _params(model)} for model in models
        ],
        "general_settings": {
            "master_key": MASTER_KEY,
            "custom_auth": f"{_ANSWERS}.user_api_key_auth",
        },
    }
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(config))
    env = {**OFFLINE, "SWEEP_GROUPS": str(folder / "groups.json"), "DEEPGRAM_API_KEY": "swept"}
    with litellm_proxy(file, log=folder / "litellm.log", env=env) as url:
        yield url, {name: key for key, names in groups.items() for name in names}


def _params(model: SweptModel) -> dict[str, Any]:
    mock = _MOCK.get(model.mode, "ok")
    answered = model.mode in {"chat", "completion", "responses", "embedding"}
    return {"model": model.backend, **_CLOUD, **({"mock_response": mock} if answered else {})}
