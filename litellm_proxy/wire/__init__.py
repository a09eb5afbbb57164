"""Requests and answers of the proxy, one file per endpoint: permissive in reading, exact in sending."""
