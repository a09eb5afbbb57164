"""Save and call every model of LiteLLM's own catalogue through the plugin (`make sweep`)."""
