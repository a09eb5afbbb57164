"""Requests and responses, one file per endpoint: lenient parsing, strict serialisation."""
