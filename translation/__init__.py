"""Pure functions between Dify's contract and the proxy's: no I/O, no clock, nothing shared but caches."""
