"""Parse the form's strings into frozen settings."""
