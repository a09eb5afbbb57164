"""Requests that LiteLLM or a provider rejects: causes of rejections, and fallbacks."""
