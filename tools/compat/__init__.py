"""Tests of the plugin's features against old and new versions of LiteLLM (`make compat`)."""
