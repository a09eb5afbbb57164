"""Read requests from Dify's daemon and write responses to it."""

import os
import stat
import sys
from contextlib import suppress
from typing import Any

from dify_plugin import Plugin
from dify_plugin.core.entities.message import SessionMessage
from dify_plugin.core.server.__base.response_writer import ResponseWriter
from dify_plugin.core.server.__base.writer_entities import Event, StreamOutputMessage
from dify_plugin.core.server.stdio.request_reader import StdioRequestReader
from dify_plugin.errors.model import InvokeServerUnavailableError
from gevent.os import make_nonblocking, nb_read
from pydantic import BaseModel

from translation.line_limit import MAX_LINE_BYTES, fits_a_line, shortened_error

STDIN_BYTES = 1024 * 1024
"""The largest pipe buffer on Linux without privileges."""


class LineWriter(ResponseWriter):
    """Writes each message as one line of at most 5 MiB.

    Works over stdio, TCP and HTTP. The daemon ends a plugin that writes a longer line, and this
    process serves all tenants. The SDK writes and flushes a message and its line end separately,
    which wakes the daemon for half a line (dify-plugin 0.10,
    core/server/__base/response_writer.py).
    """

    def __init__(self, writer: ResponseWriter) -> None:
        self._writer = writer

    def write(self, data: str) -> None:
        """Write complete lines."""
        self._writer.write(data)

    def put(
        self,
        event: Event,
        session_id: str | None = None,
        data: dict[str, Any] | BaseModel | None = None,
    ) -> None:
        """Write one message.

        Errors are written without the SDK's traceback and with shortened texts. Raises
        InvokeServerUnavailableError for any other message that is too long; the SDK returns it as
        the error of the call.
        """
        if isinstance(data, SessionMessage) and data.type is SessionMessage.Type.ERROR:
            data = self.stream_error_object(shortened_error(data.data))
        content = data.model_dump() if isinstance(data, BaseModel) else data
        message = StreamOutputMessage(event=event, session_id=session_id, data=content)
        line = message.model_dump_json()
        if not fits_a_line(line):
            reason = (
                f"The answer is larger than the {MAX_LINE_BYTES // 1024**2} MiB that Dify takes "
                "from a plugin at once."
            )
            raise InvokeServerUnavailableError(reason)
        self._writer.write(line + "\n\n")

    def done(self) -> None:
        """End the response to one request."""
        self._writer.done()


class LineWritingPlugin(Plugin):
    """The SDK's plugin with a LineWriter for each response."""

    def _execute_request_in_thread(
        self,
        session_id: str,
        data: dict[str, Any],
        reader: Any,
        writer: ResponseWriter,
        *context: Any,
    ) -> None:
        super()._execute_request_in_thread(session_id, data, reader, LineWriter(writer), *context)


class StdinReader(StdioRequestReader):
    """Reads requests until the daemon ends.

    The SDK's reader would then loop forever. From a pipe it reads all that has arrived, without a
    thread. The SDK reads 64 kB at a time in one of ten threads, which it shares with all other
    blocking work.
    """

    def __init__(self) -> None:
        super().__init__()
        self._pipe = sys.stdin.fileno()
        self._is_pipe = os.name == "posix" and stat.S_ISFIFO(os.fstat(self._pipe).st_mode)
        if self._is_pipe:
            make_nonblocking(self._pipe)
            _widen(self._pipe)

    def _read_async(self) -> bytes:
        received = nb_read(self._pipe, STDIN_BYTES) if self._is_pipe else super()._read_async()
        if not received:
            # Exit at once: the output of running calls has no reader.
            os._exit(0)
        return received


def _widen(pipe: int) -> None:
    """Increase a pipe's buffer from 64 kB to STDIN_BYTES (Linux)."""
    with suppress(ImportError, AttributeError, OSError):
        import fcntl  # noqa: PLC0415 - not available on Windows

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, STDIN_BYTES)
