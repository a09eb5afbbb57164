"""Run the plugin as Dify's daemon does, with JSON lines over stdio."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from typing import Any, Self
from uuid import uuid4

READY_SECONDS = 60
ANSWER_SECONDS = 300
MAX_LINE_BYTES = 5 * 1024 * 1024
"""Dify's daemon kills a plugin that writes a longer line (PLUGIN_RUNTIME_MAX_BUFFER_SIZE)."""


class PluginError(Exception):
    """The error that ended a request, as Dify's API receives it."""

    def __init__(self, error_type: str, message: str, args: Mapping[str, Any]) -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type
        self.message = message
        self.details = args


class PluginProcess:
    """Runs the plugin of a folder until the `with` block ends.

    Requests may run in parallel.
    """

    def __init__(
        self,
        folder: Path,
        *,
        python: str = sys.executable,
        env: Mapping[str, str] | None = None,
        keep_lines: bool = True,
        module: str = "main",
    ) -> None:
        """`env` is added to this process's environment.

        `module` is the module that Python runs.
        """
        self._folder = folder
        self._env = env or {}
        self._python = python
        self._keep_lines = keep_lines
        self._module = module
        self.reading = threading.Event()
        """While it is cleared, the plugin's output is not read."""
        self.reading.set()
        self._answers: dict[str, Queue[dict[str, Any]]] = {}
        self._ready = threading.Event()
        self.lines: list[bytes] = []
        """Every line of the plugin's output, for tests of the protocol."""
        self.actions: dict[str, str] = {}
        """The action of each session."""
        self._under_way: set[str] = set()
        self._all_ended = threading.Condition()
        self._writing = threading.Lock()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [self._python, "-m", self._module],
            cwd=self._folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                **os.environ,
                "INSTALL_METHOD": "local",
                "PYTHONDONTWRITEBYTECODE": "1",
                **self._env,
            },
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._wait_until_ready():
            self.__exit__()
            message = f"the plugin in {self._folder} sent no heartbeat"
            raise RuntimeError(message)
        return self

    def _wait_until_ready(self) -> bool:
        """Return whether the plugin became ready for requests in time."""
        return self._ready.wait(READY_SECONDS)

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join(READY_SECONDS)

    @property
    def stdin_number(self) -> int:
        """Return the file descriptor of our end of the plugin's standard input."""
        assert self._process.stdin
        return self._process.stdin.fileno()

    def wait_for_ends(self, seconds: float) -> bool:
        """Wait up to `seconds` for the end of all requests.

        Return whether all have ended.
        """
        with self._all_ended:
            return self._all_ended.wait_for(lambda: not self._under_way, seconds)

    @property
    def process_id(self) -> int:
        """Return the process id, for measurements."""
        return self._process.pid

    def call(  # noqa: PLR0913 - the fields of a request
        self,
        action: str,
        model: str,
        credentials: Mapping[str, str],
        *,
        model_type: str = "llm",
        app_id: str | None = None,
        conversation_id: str | None = None,
        user_id: str = "user-1",
        **fields: Any,
    ) -> Iterator[dict[str, Any]]:
        """Send one request.

        Yield the data of its responses; raise PluginError if it fails.
        """
        session = uuid4().hex
        answers = self._answers[session] = Queue()
        self.actions[session] = action
        with self._all_ended:
            self._under_way.add(session)
        request = {
            "session_id": session,
            "conversation_id": conversation_id,
            "message_id": None,
            "app_id": app_id,
            "endpoint_id": None,
            "context": None,
            "event": "request",
            "data": {
                "type": "model",
                "action": action,
                "user_id": user_id,
                "provider": "litellm",
                "model_type": model_type,
                "model": model,
                "credentials": dict(credentials),
                **fields,
            },
        }
        self._send(request)
        return self._read_answers(session, answers)

    def _send(self, request: Mapping[str, object]) -> None:
        assert self._process.stdin
        with self._writing:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()

    def _read_answers(
        self, session: str, answers: "Queue[dict[str, Any]]"
    ) -> Iterator[dict[str, Any]]:
        failure: PluginError | None = None
        try:
            while True:
                frame = answers.get(timeout=ANSWER_SECONDS)
                match frame["type"]:
                    case "stream":
                        yield frame["data"]
                    case "error":
                        data = frame["data"]
                        failure = PluginError(data["error_type"], data["message"], data["args"])
                    case "end":
                        break
        except Empty:
            message = "the plugin did not end the request"
            raise RuntimeError(message) from None
        finally:
            del self._answers[session]
        if failure:
            raise failure

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self.reading.wait()
            if not line.strip():
                continue
            self._keep(line)
            with suppress(ValueError, KeyError):
                self._dispatch(json.loads(line))

    def _keep(self, line: bytes) -> None:
        if self._keep_lines:
            self.lines.append(line)

    def _dispatch(self, frame: Mapping[str, Any]) -> None:
        match frame["event"]:
            case "heartbeat":
                self._ready.set()
            case "session":
                session = frame["session_id"]
                if frame["data"]["type"] == "end":
                    with self._all_ended:
                        self._under_way.discard(session)
                        self._all_ended.notify_all()
                if answers := self._answers.get(session):
                    answers.put(frame["data"])
