"""Save and call the models of LiteLLM's own catalogue through the plugin (`make sweep`)."""
