"""Entry point: Dify's plugin daemon runs `python -m main` in this folder."""

import gc
import io
import logging
import os
import stat
import sys
from contextlib import suppress

from dify_plugin import DifyPluginEnv, Plugin
from dify_plugin.config.logger_format import plugin_logger_handler
from dify_plugin.core.server.stdio.request_reader import StdioRequestReader
from dify_plugin.errors.model import InvokeServerUnavailableError
from gevent.os import make_nonblocking, nb_read

from translation.line_limit import MAX_LINE_BYTES, fits_a_line, too_large_frame

STDIN_BYTES = 1024 * 1024
"""What Linux lets a pipe hold at most without privileges."""


class WholeLines(io.TextIOWrapper):
    """Standard output that leaves with the end of a line, and never with one that is too long.

    The SDK writes and flushes a message and the end of its line one after the other, which wakes
    Dify's daemon for half a line (dify-plugin 0.10, core/server/stdio/response_writer.py). The daemon
    ends a plugin that writes a longer line, and this process serves all tenants.
    """

    _ends_a_line = True

    def write(self, text: str) -> int:
        """Write, and remember whether a line has ended.

        Raises InvokeServerUnavailableError for a line that Dify would not take; the SDK makes it the
        error of its call. Of an error that is too long itself the beginning is written.
        """
        if not fits_a_line(text):
            shorter = too_large_frame(text)
            if shorter is None:
                message = (
                    f"The answer is larger than the {MAX_LINE_BYTES // 1024**2} MiB that Dify takes "
                    "from a plugin at once."
                )
                raise InvokeServerUnavailableError(message)
            text = shorter
        self._ends_a_line = text.endswith("\n")
        return super().write(text)

    def flush(self) -> None:
        """Flush what ends with a line."""
        if self._ends_a_line:
            super().flush()


class StdinReader(StdioRequestReader):
    """Reads requests until the daemon is gone; the SDK's reader then asks for more for ever.

    From a pipe it reads as much as has arrived, without a thread. The SDK reads 64 kB at a time in one of
    ten threads that it shares with everything else that blocks.
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
            # Nobody is there to read what calls under way would still write.
            os._exit(0)
        return received


def _widen(pipe: int) -> None:
    """Let a pipe hold STDIN_BYTES instead of 64 kB, where the system can do so (Linux)."""
    with suppress(ImportError, AttributeError, OSError):
        import fcntl  # noqa: PLC0415 - Windows has none

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, STDIN_BYTES)


# The daemon shows what this handler writes in its own log.
logging.getLogger("models").addHandler(plugin_logger_handler)
plugin = Plugin(DifyPluginEnv())

if __name__ == "__main__":
    sys.stdout = WholeLines(sys.stdout.buffer, encoding="utf-8")
    if type(plugin.request_reader) is StdioRequestReader:
        plugin.request_reader = StdinReader()
    # What is there now stays for good: looking for garbage in it again and again never pays.
    gc.freeze()
    plugin.run()
