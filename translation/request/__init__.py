"""Convert Dify's calls to requests for the proxy."""
