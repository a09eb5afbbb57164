"""The plugin with a log of each long turn of its event loop.

A turn is the work between two looks at the sockets: meanwhile no other call of the process gets anything.
STALLS names the file; each line is the processor time of one turn in milliseconds. Processor time does
not grow with what else the machine does, so a test can bound it.
"""

import dify_plugin  # noqa: F401, I001 - it patches sockets and threads first

import os
import runpy
import socket
import time
from pathlib import Path
from typing import Any

from gevent import get_hub
from gevent.monkey import get_original

from litellm_proxy import name_lookup

MIN_SECONDS = 0.005
VARIABLE = "STALLS"
DEAD = ".dead.invalid"
DEAD_SECONDS = 30


def watch(file: Path) -> object:
    """Log every turn of this thread's event loop that works for MIN_SECONDS or longer."""
    output = file.open("a", buffering=1)
    began = time.thread_time()

    def look() -> None:
        nonlocal began
        now = time.thread_time()
        if now - began >= MIN_SECONDS:
            output.write(f"{1000 * (now - began):.1f}\n")
        began = now

    watcher = get_hub().loop.check()
    watcher.start(look)
    return watcher


def never_answered(host: str, port: object, **options: Any) -> Any:
    """Look a name up; DNS does not answer for those of the domain DEAD."""
    if host.endswith(DEAD) and options.get("flags") != socket.AI_NUMERICHOST:
        get_original("time", "sleep")(DEAD_SECONDS)
    return get_original("socket", "getaddrinfo")(host, port, **options)


if __name__ == "__main__":
    name_lookup.names = name_lookup.NameLookup(never_answered)
    kept = watch(Path(os.environ[VARIABLE]))
    runpy.run_module("main", run_name="__main__", alter_sys=True)
