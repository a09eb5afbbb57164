"""Child processes that end with their parent's `with` block."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_STOP_SECONDS = 10
_POLL_SECONDS = 0.1
_TAIL_LINES = 15


class ChildFailedError(Exception):
    """A child process ended, or was not ready in time.

    The text contains the end of its log.
    """


@contextmanager
def running(  # noqa: PLR0913 - what a process needs
    command: Sequence[str],
    *,
    ready: Callable[[], bool],
    log: Path,
    ready_seconds: float,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    waiting: Callable[[], None] = lambda: None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command until the block ends; its output is written to `log`.

    The block starts when `ready()` is true; until then `waiting()` is called several times a
    second. Raises ChildFailedError if the child ends first or is not ready after `ready_seconds`.
    """
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + ready_seconds
        while not ready():
            if child.poll() is not None or time.monotonic() > deadline:
                lines = log.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
                state = "ended" if child.poll() is not None else "is not ready"
                message = "\n".join([f"{Path(command[0]).name} {state}; its log ends:", *lines])
                raise ChildFailedError(message)
            waiting()
            time.sleep(_POLL_SECONDS)
        yield child
    finally:
        stop(child)


def stop(child: subprocess.Popen[bytes]) -> None:
    """End a child and all processes of its process group."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, sign)
            child.wait(_STOP_SECONDS)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
        return


def free_port() -> int:
    """Return a free loopback port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
