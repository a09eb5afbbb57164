"""Answers the stand-in for slim from a plugin process that stays alive."""

import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from tools.plugin_process import PluginError, PluginProcess

_PROGRAM = Path(__file__).with_name("slim.py")


class SlimHost:
    """Serves until the `with` block ends; `environment` is what the engine's process needs."""

    def __init__(self, plugin: PluginProcess, folder: Path) -> None:
        """`folder` is for the program and the socket; its path must be short."""
        self._plugin = plugin
        self._program = folder / "slim"
        self._address = folder / "slim.sock"
        self.actions: list[tuple[str, str]] = []
        """The id of the plugin and the action of every request, in order."""

    def __enter__(self) -> Self:
        self._program.write_text(f"#!{sys.executable} -I\n{_PROGRAM.read_text()}")
        self._program.chmod(0o755)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(self._address))
        self._socket.listen()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._address.unlink()

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment for the engine's process."""
        return {
            **os.environ,
            "SLIM_BINARY_PATH": str(self._program),
            "SLIM_HOST": str(self._address),
        }

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, connection.makefile("rw", encoding="utf-8") as stream:
            for event in self._events(json.loads(stream.read())):
                stream.write(json.dumps(event) + "\n")
                stream.flush()

    def _events(self, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        self.actions.append((request["id"], request["action"]))
        data = request["data"]
        del data["provider"]
        model, credentials = data.pop("model"), data.pop("credentials")
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
    """Yield the answers; to the last of one that follows a schema, add the object that it holds.

    Dify's API parses it (api/core/llm_generator/output_parser/structured_output.py); a plugin never
    does.
    """
    text = ""
    for answer in answers:
        delta = answer.get("delta")
        if delta and "json_schema" in parameters:
            text += delta["message"]["content"]
            if delta["finish_reason"]:
                answer["structured_output"] = json.loads(text)
        yield answer
