"""Dify's own workflow engine (graphon) with this plugin; the engine has its own environment."""
