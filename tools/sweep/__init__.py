"""Every model of LiteLLM's own catalogue, saved and called through the plugin (`make sweep`)."""
