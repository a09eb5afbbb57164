import pytest

from litellm_proxy.chunked import ChunkedDecoder
from litellm_proxy.errors import ProxyProtocolError


def decoded(*pieces: bytes) -> bytes:
    decoder = ChunkedDecoder()
    content = b"".join(decoder.feed(piece) for piece in pieces)
    assert decoder.complete
    assert not decoder.surplus
    return content


@pytest.mark.parametrize(
    "body",
    [
        b"5\r\nHello\r\n0\r\n\r\n",
        b"2\r\nHe\r\n3\r\nllo\r\n0\r\n\r\n",
        b"2;name=value\r\nHe\r\n3 ;x\r\nllo\r\n0;last\r\n\r\n",
        b"00005\r\nHello\r\n000\r\nTrailer: yes\r\nAnother: one\r\n\r\n",
    ],
)
def test_content_comes_out_however_it_is_cut(body: bytes) -> None:
    assert decoded(body) == b"Hello"
    for cut in range(1, len(body)):
        assert decoded(body[:cut], body[cut:]) == b"Hello"
    assert decoded(*(body[n : n + 1] for n in range(len(body)))) == b"Hello"


def test_what_is_there_comes_at_once() -> None:
    decoder = ChunkedDecoder()
    assert decoder.feed(b"5\r\nHel") == b"Hel"
    assert decoder.feed(b"l") == b"l"
    assert not decoder.complete


def test_bytes_after_the_end_are_noticed() -> None:
    decoder = ChunkedDecoder()
    decoder.feed(b"0\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert decoder.complete
    assert decoder.surplus


@pytest.mark.parametrize(
    "body",
    [b"\r\n", b"x\r\n", b"-1\r\n", b"5 5\r\n", b"1\r\nab\r\n", b"0x5\r\nHello\r\n", b"f" * 16 + b"\r\n",
     b"1" * 5000, b"0\r\n" + b"a: b\r\n" * 1000],
)  # fmt: skip
def test_what_is_damaged_is_an_error(body: bytes) -> None:
    with pytest.raises(ProxyProtocolError, match="chunked"):
        ChunkedDecoder().feed(body)
