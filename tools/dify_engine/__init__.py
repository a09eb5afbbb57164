"""Dify's own workflow engine (graphon) with this plugin.

The engine has its own environment.
"""
