"""Serve the replacement of slim with a long-running plugin process."""

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer
from typing import Any, Self

from harness.plugin_process import PluginError, PluginProcess

_PROGRAM = Path(__file__).with_name("slim.py")


class SlimHost:
    """Serves until the `with` block ends; `environment` is for the engine's process."""

    def __init__(self, plugin: PluginProcess, folder: Path) -> None:
        """`folder` is for the program and the socket; its path must be short."""
        self._plugin = plugin
        self._program = folder / "slim"
        self._address = folder / "slim.sock"
        self.actions: list[tuple[str, str]] = []
        """The id of the plugin and the action of every request, in order."""
        self.app_id: str | None = None
        """The app id that Dify's API adds to each request, since graphon 0.6."""

    def __enter__(self) -> Self:
        self._program.write_text(f"#!{sys.executable} -I\n{_PROGRAM.read_text()}")
        self._program.chmod(0o755)
        host = self

        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                for event in host.events(json.load(self.rfile)):
                    self.wfile.write(json.dumps(event).encode() + b"\n")

        self._server = ThreadingUnixStreamServer(str(self._address), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._address.unlink()

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment variables for the engine's process."""
        return {
            **os.environ,
            "SLIM_BINARY_PATH": str(self._program),
            "SLIM_HOST": str(self._address),
        }

    def events(self, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the engine's events of one action, the end or an error last."""
        self.actions.append((request["id"], request["action"]))
        data = request["data"]
        del data["provider"]
        model, credentials = data.pop("model"), data.pop("credentials")
        if self.app_id:
            data["app_id"] = self.app_id
        try:
            answers = self._plugin.call(request["action"], model, credentials, **data)
            for answer in _with_structured_output(answers, data.get("model_parameters") or {}):
                yield {"event": "chunk", "data": answer}
        except PluginError as error:
            told = {"code": error.error_type, "message": error.message, "stage": "invoke"}
            yield {"event": "error", "data": told}
        else:
            yield {"event": "done"}


def _with_structured_output(
    answers: Iterator[dict[str, Any]], parameters: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield the responses.

    For a JSON schema, add the parsed object to the last one. Dify's API parses it
    (api/core/llm_generator/output_parser/structured_output.py); a plugin does not.
    """
    text = ""
    for answer in answers:
        delta = answer.get("delta")
        if delta and "json_schema" in parameters:
            text += delta["message"]["content"]
            if delta["finish_reason"]:
                with suppress(ValueError):
                    # Dify strips text around an object, and returns none without an object.
                    answer["structured_output"] = json.loads(
                        text[text.find("{") : text.rfind("}") + 1]
                    )
        yield answer
