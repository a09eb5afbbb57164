"""Shared by commands and tests: child processes, the plugin, a LiteLLM proxy, a fake upstream."""
