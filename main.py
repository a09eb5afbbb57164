"""Entry point: Dify's plugin daemon runs `python -m main` in this folder."""

import gc
import io
import logging
import os
import sys

from dify_plugin import DifyPluginEnv, Plugin
from dify_plugin.config.logger_format import plugin_logger_handler
from dify_plugin.core.server.stdio.request_reader import StdioRequestReader
from dify_plugin.errors.model import InvokeServerUnavailableError

from translation.line_limit import MAX_LINE_BYTES, fits_a_line, too_large_frame


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


class EndingReader(StdioRequestReader):
    """Reads requests until the daemon is gone; the SDK's reader then asks for more for ever."""

    def _read_async(self) -> bytes:
        received = super()._read_async()
        if not received:
            # Nobody is there to read what calls under way would still write.
            os._exit(0)
        return received


# The daemon shows what this handler writes in its own log.
logging.getLogger("models").addHandler(plugin_logger_handler)
# The SDK reads stdin in a thread of the pool of gevent (tp_read), which must not wait for a burst.
sys.setswitchinterval(0.0005)
plugin = Plugin(DifyPluginEnv())

if __name__ == "__main__":
    sys.stdout = WholeLines(sys.stdout.buffer, encoding="utf-8")
    if type(plugin.request_reader) is StdioRequestReader:
        plugin.request_reader = EndingReader()
    # What is there now stays for good: looking for garbage in it again and again never pays.
    gc.freeze()
    plugin.run()
