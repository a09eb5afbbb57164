"""What is known of a model, and what Dify shows of it."""
