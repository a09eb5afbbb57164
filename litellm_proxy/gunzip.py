"""Decompress bodies by their content coding (RFC 9110, 8.4), in pieces of bounded size.

61 kB of gzip can be 60 MB of text, so each step returns at most READ_BYTES of decompressed data. gzip is
requested only where it saves much: `/v1/model/info`. Some servers compress other responses too.
"""

import re
import zlib
from collections.abc import Iterable, Iterator

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.limits import MAX_BODY_BYTES, READ_BYTES

_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_NAMES = re.compile(r"[a-z]{1,12}(, ?[a-z]{1,12}){0,3}")
_GZIP_START = b"\x1f\x8b"
_CODINGS = frozenset({"gzip", "x-gzip", "deflate"})


def decompressed(pieces: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """Yield the decompressed body.

    Raises ProxyProtocolError for codings other than gzip and deflate, for several codings, for
    damaged bytes, and for a body of more than MAX_BODY_BYTES.
    """
    coding = coding.strip().lower()
    if coding in {"", "identity"}:
        yield from pieces
        return
    if coding not in _CODINGS:
        # Names of codings are shown, other header values are not: they may hold anything.
        name = repr(coding) if _NAMES.fullmatch(coding) else "something unknown"
        message = f"it is compressed as {name}, which was not asked for"
        raise ProxyProtocolError(message)
    size = 0
    for piece in _steps(pieces):
        size += len(piece)
        if size > MAX_BODY_BYTES:
            message = f"it is larger than {MAX_BODY_BYTES} bytes when unpacked"
            raise ProxyProtocolError(message)
        yield piece


def _steps(pieces: Iterable[bytes]) -> Iterator[bytes]:
    stream = zlib.decompressobj(_GZIP_OR_ZLIB)
    is_empty = True
    first_byte = b""
    try:
        for received in pieces:
            packed, first_byte = first_byte + received, b""
            is_empty = is_empty and not packed
            while packed:
                # After the end of one gzip file another may follow (RFC 1952, 2.2: members).
                if stream.eof and packed == _GZIP_START[:1]:
                    first_byte = packed
                    break
                if stream.eof and not packed.startswith(_GZIP_START):
                    # Some servers pad the body; these bytes are ignored.
                    return
                if stream.eof:
                    stream = zlib.decompressobj(_GZIP_OR_ZLIB)
                yield stream.decompress(packed, READ_BYTES)
                packed = stream.unused_data if stream.eof else stream.unconsumed_tail
        while not stream.eof and (rest := stream.decompress(b"", READ_BYTES)):
            yield rest
    except zlib.error as error:
        message = f"its compressed body is damaged ({error})"
        raise ProxyProtocolError(message) from None
    if not (stream.eof or is_empty):
        message = "its compressed body ended early"
        raise ProxyProtocolError(message)
