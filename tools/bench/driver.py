"""Drive a plugin process over stdin and stdout with as little work as possible.

Lines are parsed only as far as a measurement needs: on a machine with few cores, parsing JSON in
the driver would change the figures.
"""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

READY_SECONDS = 60
ANSWER_SECONDS = 300
_SESSION = re.compile(rb'"session_id":"([^"]+)"')
_END = b'"data":{"type":"end"'
_ERROR = b'"data":{"type":"error"'
_READ_BYTES = 1 << 20


@dataclass
class Call:
    """One request: its start, and timed response lines (seconds, monotonic)."""

    sent: float = 0.0
    lines: list[tuple[float, bytes]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def first(self) -> float:
        """Return the seconds until the first line."""
        return self.lines[0][0] - self.sent

    @property
    def seconds(self) -> float:
        """Return the seconds until the end of the request."""
        return self.lines[-1][0] - self.sent

    def wait(self) -> Self:
        """Wait for the end; raise RuntimeError on a timeout or an error response."""
        if not self.ended.wait(ANSWER_SECONDS):
            message = "the plugin did not end a request"
            raise RuntimeError(message)
        for _, line in self.lines:
            if _ERROR in line:
                raise RuntimeError(line.decode()[:2000])
        return self


class Driver:
    """Runs one plugin until the `with` block ends."""

    def __init__(self, name: str, folder: Path, form: Mapping[str, str]) -> None:
        self.name = name
        self._folder = folder
        self._form = form
        self._calls: dict[bytes, Call] = {}
        self._ready = threading.Event()
        self.heartbeats: list[float] = []

    def __enter__(self) -> Self:
        started = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "main"],
            cwd=self._folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "INSTALL_METHOD": "local", "NO_PROXY": "*"},
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        if not self._ready.wait(READY_SECONDS):
            self.__exit__()
            message = f"the plugin in {self._folder} sent no heartbeat"
            raise RuntimeError(message)
        self.start_seconds = self.heartbeats[0] - started
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    @property
    def memory(self) -> float:
        """Return the resident memory in MB."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) / 1024

    @property
    def cpu_seconds(self) -> float:
        """Return the processor time that the plugin has used."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def chat(self, model: str, server: str = "") -> Call:
        """Send a chat request, to another server than the form's if one is given."""
        form = {"base_url": server, "endpoint_url": f"{server}/v1"} if server else None
        return self.send(
            "invoke_llm",
            model,
            form=form,
            prompt_messages=[{"role": "user", "content": "Hello"}],
            model_parameters={},
            tools=None,
            stop=None,
            stream=True,
        )

    def embed(self, model: str, texts: list[str]) -> Call:
        """Send an embedding request."""
        return self.send(
            "invoke_text_embedding",
            model,
            model_type="text-embedding",
            texts=texts,
            input_type="document",
        )

    def send(
        self,
        action: str,
        model: str,
        *,
        model_type: str = "llm",
        form: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> Call:
        """Send one request without waiting for the response."""
        session = uuid4().hex
        call = self._calls[session.encode()] = Call()
        request = {
            "session_id": session,
            "event": "request",
            "data": {
                "type": "model",
                "action": action,
                "user_id": "user-1",
                "provider": "litellm",
                "model_type": model_type,
                "model": model,
                "credentials": {**self._form, **(form or {})},
                **fields,
            },
        }
        line = json.dumps(request).encode() + b"\n"
        assert self._process.stdin
        call.sent = time.monotonic()
        self._process.stdin.write(line)
        self._process.stdin.flush()
        return call

    def _read(self) -> None:
        assert self._process.stdout
        descriptor = self._process.stdout.fileno()
        partial: list[bytes] = []
        while received := os.read(descriptor, _READ_BYTES):
            now = time.monotonic()
            first, *lines = received.split(b"\n")
            partial.append(first)
            if lines:
                complete = [b"".join(partial), *lines[:-1]]
                partial = lines[-1:]
                for line in filter(None, complete):
                    self._take(line, now)

    def _take(self, line: bytes, now: float) -> None:
        found = _SESSION.search(line, 0, 120)
        call = self._calls.get(found.group(1)) if found else None
        if call is None:
            if b'"event":"heartbeat"' in line:
                self.heartbeats.append(now)
                self._ready.set()
            return
        call.lines.append((now, line))
        if _END in line:
            call.ended.set()
