"""Run pip or uv."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from admin.command_error import CommandError

_SECONDS = 600
_MAX_WORDS = 600


def run_tool(command: Sequence[str], failure: str, folder: Path | None = None) -> None:
    """Run a command in `folder`.

    Raises CommandError with `failure` and the end of stderr.
    """
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        message = f"{failure}: no end after {_SECONDS} s."
        raise CommandError(message) from None
    if done.returncode:
        words = " ".join(done.stderr.split())[-_MAX_WORDS:]
        message = f"{failure}: {words}"
        raise CommandError(message)
