"""Pure functions between Dify's SDK and LiteLLM's API: no I/O, no clock, no shared state except caches."""
