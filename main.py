"""Entry point: Dify's plugin daemon runs `python -m main` in this folder."""

from dify_plugin import DifyPluginEnv, Plugin

plugin = Plugin(DifyPluginEnv())

if __name__ == "__main__":
    plugin.run()
