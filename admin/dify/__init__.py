"""Dify's console API and packages, for the administrator's commands."""
