"""The proxy's answer → Dify's."""
