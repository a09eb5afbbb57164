"""Packages with the catalogue of one proxy, for a complete list in Dify."""
