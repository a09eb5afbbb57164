"""Runs what people do against old and new versions of LiteLLM (`make compat`)."""
