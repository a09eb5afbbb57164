"""The proxy of the other tests, with keys as LiteLLM's own check of keys knows them: the hook that
stands for virtual keys elsewhere is not treated alike by all versions."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import yaml

from tests.compat.keys import SHARED
from tests.support.environment import CONFIG, Environment, environment

KEYS_SECONDS = 30


@pytest.fixture(scope="session")
def env(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    folder: Path = tmp_path_factory.mktemp("compat")
    here = Path(__file__).parent
    for hook in (*CONFIG.parent.glob("*.py"), here / "keys.py", here / "virtual_keys.py"):
        shutil.copy(hook, folder)
    config = yaml.safe_load(CONFIG.read_text())
    del config["general_settings"]["custom_auth"]
    settings = config["litellm_settings"]
    settings["callbacks"] = [settings["callbacks"], "virtual_keys.virtual_keys"]
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(config))
    with environment(folder, config=file) as started:
        _wait_for_keys(started.proxy_url)
        yield replace(started, key=SHARED)


def _wait_for_keys(proxy_url: str) -> None:
    """LiteLLM answers a moment before the keys are there."""
    deadline = time.monotonic() + KEYS_SECONDS
    headers = {"Authorization": f"Bearer {SHARED}"}
    while not httpx.get(f"{proxy_url}/v1/models", headers=headers, trust_env=False).is_success:
        assert time.monotonic() < deadline, "LiteLLM knows no virtual keys"
        time.sleep(0.1)
