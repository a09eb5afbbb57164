"""What went wrong → Dify's error, in a sentence for whoever reads it."""
