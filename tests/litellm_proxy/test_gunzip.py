"""Compressed bodies, in pieces of bounded size."""

import gzip
import zlib
from itertools import batched

import pytest

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.gunzip import decompressed
from litellm_proxy.limits import MAX_BODY_BYTES, READ_BYTES

TEXT = b"".join(b"%d," % n for n in range(100_000))


def whole(body: bytes, coding: str = "gzip", size: int = 1000) -> bytes:
    return b"".join(decompressed((bytes(part) for part in batched(body, size)), coding))


@pytest.mark.parametrize("size", [1, 7, 1000, 10_000_000])
@pytest.mark.parametrize("coding", ["gzip", "x-gzip", " GZIP ", "deflate"])
def test_a_body_is_the_same_however_it_arrives(coding: str, size: int) -> None:
    assert whole(gzip.compress(TEXT), coding, size) == TEXT


def test_other_forms_of_the_same() -> None:
    assert whole(zlib.compress(TEXT), "deflate") == TEXT
    assert whole(gzip.compress(b"one") + gzip.compress(b"two")) == b"onetwo"
    assert whole(gzip.compress(b"one") + gzip.compress(b"two"), size=1) == b"onetwo"
    assert whole(gzip.compress(b"one") + b"\0" * 100) == b"one"
    assert whole(b"") == b""
    assert whole(b"plain", "") == whole(b"plain", "identity") == b"plain"


def test_pieces_are_bounded_and_so_is_their_sum() -> None:
    bomb = gzip.compress(b"a" * (MAX_BODY_BYTES + 1))
    sizes: list[int] = []
    with pytest.raises(ProxyProtocolError, match="larger than"):
        sizes.extend(len(piece) for piece in decompressed([bomb], "gzip"))
    assert not sizes or max(sizes) <= READ_BYTES


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (gzip.compress(TEXT)[:-10], "gzip"),
        (b"no gzip at all", "gzip"),
        (gzip.compress(TEXT), "br"),
        (gzip.compress(TEXT), "gzip, gzip"),
    ],
)
def test_what_cannot_be_unpacked_is_an_error(body: bytes, coding: str) -> None:
    with pytest.raises(ProxyProtocolError, match=r"compressed"):
        whole(body, coding)
