"""What administrators run: `python -m admin`."""
