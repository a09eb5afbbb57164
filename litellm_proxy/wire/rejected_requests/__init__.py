"""Requests that LiteLLM or a provider rejects: what the error means, and what is sent instead."""
