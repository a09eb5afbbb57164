"""Packages with the catalogue of one proxy, whose models Dify lists without adding them by hand."""
