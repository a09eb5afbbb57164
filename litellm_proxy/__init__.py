"""The proxy's side: what a LiteLLM proxy is sent and what it answers, over HTTP.

Nothing in here knows Dify. The contract is LiteLLM's OpenAI-format HTTP API.
"""
