"""HTTP client for a LiteLLM proxy: requests, responses, errors.

This package does not depend on Dify. Its contract is LiteLLM's OpenAI-format HTTP API.
"""
