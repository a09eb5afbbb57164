"""The version of this plugin; `manifest.yaml` carries the same one (checked by a test)."""

VERSION = "0.1.0"
USER_AGENT = f"dify-litellm/{VERSION}"
