"""Dify's call → a request for the proxy."""
