"""Call the programs that run in the engine's environment."""

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.litellm_proxy_process import ROOT

PYTHON = ROOT / ".venv-engine" / "bin" / "python"
FOLDER = Path(__file__).parent


def problems_of(lines: Iterable[bytes], actions: Mapping[str, str]) -> list[tuple[str | None, str]]:
    """Return (session, problem) for everything in a plugin's lines that Dify would reject.

    `actions` are the requested actions by session; a line that is too long has the session None.
    """
    with subprocess.Popen(
        [str(PYTHON), str(FOLDER / "judge.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as judge:
        assert judge.stdin
        assert judge.stdout
        judge.stdin.write(json.dumps(dict(actions)).encode() + b"\n")
        judge.stdin.writelines(lines)
        judge.stdin.close()
        found = [tuple(json.loads(line)) for line in judge.stdout]
    if judge.returncode:
        message = f"the judge failed ({judge.returncode})"
        raise RuntimeError(message)
    return [(session, problem) for session, problem in found]


def filled(forms: Sequence[tuple[str, Mapping[str, Any]]], plugin: Path) -> list[dict[str, Any]]:
    """Return Dify's result for filled forms, each a model type and values, in order."""
    asked = [
        json.dumps({"plugin": str(plugin), "model_type": model_type, "values": dict(values)})
        for model_type, values in forms
    ]
    answer = subprocess.run(
        [str(PYTHON), str(FOLDER / "fill_form.py")],
        input="\n".join(asked), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [json.loads(line) for line in answer.stdout.splitlines()]
