"""The version of this plugin.

`manifest.yaml` has the same one (checked by a test).
"""

VERSION = "0.1.0"
USER_AGENT = f"dify-litellm/{VERSION}"
