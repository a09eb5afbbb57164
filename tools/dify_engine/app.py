"""Run Dify app files on the plugin, from outside the engine's environment."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.litellm_proxy_process import ROOT
from tools.dify_engine.engine import PYTHON
from tools.dify_engine.slim_host import SlimHost

APPS = ROOT / "examples" / "apps"


def run_app(
    host: SlimHost,
    app: Path,
    form: Mapping[str, str],
    inputs: Mapping[str, str],
    *,
    model: str | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield the events of Dify's engine while it runs an app file.

    `model` replaces the file's.
    """
    told = {
        "app": str(app),
        "form": dict(form),
        "inputs": dict(inputs),
        "model": model,
        "folder": str(ROOT),
    }
    process = subprocess.Popen(
        [str(PYTHON), str(Path(__file__).with_name("run_app.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=host.environment,
    )
    with process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(told))
        process.stdin.close()
        for line in process.stdout:
            yield json.loads(line)
