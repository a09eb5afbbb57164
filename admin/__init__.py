"""Commands for administrators: `python -m admin`."""
