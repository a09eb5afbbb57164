"""Dify's side of an administrator's commands: its console API and its packages."""
