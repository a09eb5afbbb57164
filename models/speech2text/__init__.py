"""Speech-to-text models."""
