"""Entry point: Dify's plugin daemon runs `python -m main` in this folder."""

import logging
import sys

from dify_plugin import DifyPluginEnv, Plugin
from dify_plugin.config.logger_format import plugin_logger_handler

# The daemon shows what this handler writes in its own log.
logging.getLogger("models").addHandler(plugin_logger_handler)
# Dify writes to stdin in a thread of its own (gevent), which must not wait for a burst to pause.
sys.setswitchinterval(0.0005)
plugin = Plugin(DifyPluginEnv())

if __name__ == "__main__":
    plugin.run()
