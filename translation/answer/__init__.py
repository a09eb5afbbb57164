"""Convert the proxy's responses for Dify."""
