"""Map exceptions to Dify's errors, with messages for people."""
