"""Heads of HTTP/1.1 messages, written and read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.http1 import MAX_FIELDS, parse_head, request_head

OK = b"HTTP/1.1 200 OK"


def test_a_request() -> None:
    head = request_head("POST", b"/v1/x?a=b", [(b"Host", b"litellm"), (b"X-Team", b"search")])
    assert head == b"POST /v1/x?a=b HTTP/1.1\r\nHost: litellm\r\nX-Team: search\r\n\r\n"


@pytest.mark.parametrize("value", [b"a\r\nx: y", b"a\nb", b"a\rb"])
def test_nothing_can_be_smuggled_into_a_request(value: bytes) -> None:
    with pytest.raises(ValueError, match="line break"):
        request_head("GET", b"/", [(b"X-Team", value)])


def test_a_response() -> None:
    head = parse_head(OK + b"\r\nX-A:  b c \t\r\nx-empty:\r\nContent-Length: 5")
    assert head.fields == [(b"X-A", b"b c"), (b"x-empty", b""), (b"Content-Length", b"5")]
    assert (head.status, head.length, head.chunked, head.keeps_alive) == (200, 5, False, True)


@pytest.mark.parametrize(
    ("head", "length", "chunked"),
    [
        (OK, None, False),
        (OK + b"\r\nTransfer-Encoding: Chunked", None, True),
        (OK + b"\r\ntransfer-encoding: chunked\r\ncontent-length: 5", None, True),
        (OK + b"\r\ncontent-length: 5, 5\r\ncontent-length: 5", 5, False),
        (b"HTTP/1.1 204 No Content", 0, False),
        (b"HTTP/1.1 304", 0, False),
        (b"HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked", 0, False),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 5", 0, False),
    ],
)
def test_how_a_body_ends(head: bytes, length: int | None, chunked: bool) -> None:  # noqa: FBT001
    parsed = parse_head(head)
    assert (parsed.length, parsed.chunked) == (length, chunked)


@pytest.mark.parametrize(
    ("head", "keeps"),
    [
        (OK, True),
        (OK + b"\r\nConnection: Close", False),
        (OK + b"\r\nconnection: x, close", False),
        (b"HTTP/1.0 200 OK", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive", True),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\ntransfer-encoding: chunked", False),
        (OK + b"\r\ntransfer-encoding: chunked", True),
        (OK + b"\r\ntransfer-encoding: chunked\r\ncontent-length: 5", False),
    ],
)
def test_whether_the_connection_lives_on(head: bytes, keeps: bool) -> None:  # noqa: FBT001
    assert parse_head(head).keeps_alive is keeps


def test_only_information_is_followed_by_the_answer() -> None:
    assert parse_head(b"HTTP/1.1 103 Early Hints").is_information
    assert not parse_head(b"HTTP/1.1 101 Switching Protocols").is_information
    assert parse_head(b"HTTP/1.1 407 Who are you").reason == "Who are you"


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"HTTP/2 200",
        b"HTTP/1.1 20 OK",
        b"HTTP/1.1 200OK",
        OK + b"\r\nno colon",
        OK + b"\r\n folded: yes",
        OK + b"\r\nspace : no",
        OK + b"\r\na: \x00",
        OK + b"\r\na: b\nc: d",
        OK + b"\r\ncontent-length: -1",
        OK + b"\r\ncontent-length: 5\r\ncontent-length: 6",
        OK + b"\r\ntransfer-encoding: gzip, chunked",
        OK + b"\r\na: b" * (MAX_FIELDS + 1),
    ],
)
def test_what_is_no_head(head: bytes) -> None:
    with pytest.raises(ProxyProtocolError):
        parse_head(head)


@given(st.binary(max_size=300), st.sampled_from([b"", OK, OK + b"\r\n"]))
def test_whatever_comes_it_is_a_head_or_an_error(rest: bytes, start: bytes) -> None:
    try:
        head = parse_head(start + rest)
    except ProxyProtocolError:
        return
    assert 100 <= head.status <= 999
    assert not any(b"\r" in value or b"\n" in value for _, value in head.fields)
