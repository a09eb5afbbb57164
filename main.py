"""Entry point: Dify's plugin daemon runs `python -m main` in this folder."""

import gc
import logging

from dify_plugin import DifyPluginEnv
from dify_plugin.config.logger_format import plugin_logger_handler
from dify_plugin.core.server.stdio.request_reader import StdioRequestReader
from dify_plugin.errors.model import InvokeError

from models.daemon_io import LineWritingPlugin, StdinReader

# The daemon writes the output of this handler to its own log.
logging.getLogger("models").addHandler(plugin_logger_handler)
# Drop the SDK's log records of InvokeErrors: the plugin logs one line for each of them.
logging.getLogger("dify_plugin.core.server.io_server").addFilter(
    lambda record: not (record.exc_info and isinstance(record.exc_info[1], InvokeError))
)
plugin = LineWritingPlugin(DifyPluginEnv())

if __name__ == "__main__":
    if type(plugin.request_reader) is StdioRequestReader:
        plugin.request_reader = StdinReader()
    # Exclude the objects that exist now from garbage collection: they live as long as the process.
    gc.freeze()
    plugin.run()
