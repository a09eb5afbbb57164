"""Entry point: Dify's plugin daemon runs `python -m main` in this folder."""

import logging

from dify_plugin import DifyPluginEnv, Plugin
from dify_plugin.config.logger_format import plugin_logger_handler

# The daemon shows what this handler writes in its own log.
logging.getLogger("models").addHandler(plugin_logger_handler)
plugin = Plugin(DifyPluginEnv())

if __name__ == "__main__":
    plugin.run()
