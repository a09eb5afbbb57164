"""Dify's side: the model classes that the SDK loads, one per file."""
