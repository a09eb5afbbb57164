"""Entry point: Dify's plugin daemon runs `python -m main` in this folder."""

import gc
import io
import logging
import sys

from dify_plugin import DifyPluginEnv, Plugin
from dify_plugin.config.logger_format import plugin_logger_handler


class WholeLines(io.TextIOWrapper):
    """Standard output that leaves with the end of a line.

    The SDK writes and flushes a message and the end of its line one after the other, which wakes
    Dify's daemon for half a line (dify-plugin 0.10, core/server/stdio/response_writer.py).
    """

    _ends_a_line = True

    def write(self, text: str) -> int:
        """Write, and remember whether a line has ended."""
        self._ends_a_line = text.endswith("\n")
        return super().write(text)

    def flush(self) -> None:
        """Flush what ends with a line."""
        if self._ends_a_line:
            super().flush()


# The daemon shows what this handler writes in its own log.
logging.getLogger("models").addHandler(plugin_logger_handler)
# Dify writes to stdin in a thread of its own (gevent), which must not wait for a burst to pause.
sys.setswitchinterval(0.0005)
plugin = Plugin(DifyPluginEnv())

if __name__ == "__main__":
    sys.stdout = WholeLines(sys.stdout.buffer, encoding="utf-8")
    # What is there now stays for good: looking for garbage in it again and again never pays.
    gc.freeze()
    plugin.run()
