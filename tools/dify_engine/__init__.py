"""Dify's own workflow engine (graphon) on this plugin; the engine has an environment of its own."""
