"""HTTP/1.1 as one `httpx` transport: a connection pool, connecting, and one exchange.

httpx's own transport is not used, for three reasons; docs/performance.md has the figures:

- httpcore asks every idle connection whether it is still open before each request.
- httpcore and h11 need several times the processor time for each chunk of a stream.
- One read of this transport returns all chunks that have arrived, so that they are joined.
"""
