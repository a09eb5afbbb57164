"""LiteLLM's management API."""
