"""Child processes for commands and tests: plugin, LiteLLM proxy, fake upstream."""
