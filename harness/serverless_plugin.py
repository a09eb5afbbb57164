"""Run the plugin as Dify's cloud does.

With `INSTALL_METHOD=serverless`, each request is one `POST /invoke`.
"""

import json
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import httpx

from harness.plugin_process import ANSWER_SECONDS, READY_SECONDS, PluginProcess

_MAX_WAIT = 0.05


class ServerlessPlugin(PluginProcess):
    """Runs the plugin as an HTTP server until the `with` block ends.

    Otherwise it behaves like PluginProcess.
    """

    def __init__(self, folder: Path, *, env: Mapping[str, str] | None = None) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._url = f"http://127.0.0.1:{port}"
        served = {
            "INSTALL_METHOD": "serverless",
            "SERVERLESS_HOST": "127.0.0.1",
            "SERVERLESS_PORT": str(port),
        }
        super().__init__(folder, env={**(env or {}), **served})

    def _wait_until_ready(self) -> bool:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            with suppress(httpx.HTTPError):
                if httpx.get(f"{self._url}/health").is_success:
                    return True
            time.sleep(_MAX_WAIT)
        return False

    def _read(self) -> None:
        """Drain standard output, which contains only the server's own log."""
        assert self._process.stdout
        for _ in self._process.stdout:
            pass

    def _send(self, request: Mapping[str, object]) -> None:
        threading.Thread(target=self._ask, args=(request,), daemon=True).start()

    def _ask(self, request: Mapping[str, object]) -> None:
        session = str(request["session_id"])
        # When the plugin is killed, its responses are incomplete.
        with (
            suppress(httpx.HTTPError),
            httpx.stream(
                "POST", f"{self._url}/invoke", json=request, timeout=ANSWER_SECONDS
            ) as response,
        ):
            rest = b""
            for piece in response.iter_bytes():
                *lines, rest = (rest + piece).split(b"\n")
                for line in filter(None, (line.strip() for line in lines)):
                    self._keep(line + b"\n")
                    self._dispatch(json.loads(line))
        # An incomplete response has no end message.
        self._dispatch({"event": "session", "session_id": session, "data": {"type": "end"}})
