"""Validation of a form, and the facts that are stored with it."""
