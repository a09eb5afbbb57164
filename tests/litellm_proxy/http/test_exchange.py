"""HTTP/1.1: heads of requests, written, and answers, read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litellm_proxy.errors import Failure, RequestFailed
from litellm_proxy.http.exchange import ResponseReader, broken, request_head
from litellm_proxy.limits import MAX_EMPTY_BYTES, MAX_HEADERS

OK = b"HTTP/1.1 200 OK"
END = b"\r\n\r\n"
CHUNKED = OK + b"\r\ntransfer-encoding: chunked" + END


def test_a_request() -> None:
    head = request_head("POST", b"/v1/x?a=b", [(b"Host", b"litellm"), (b"X-Team", b"search")])
    assert head == b"POST /v1/x?a=b HTTP/1.1\r\nHost: litellm\r\nX-Team: search\r\n\r\n"


@pytest.mark.parametrize("value", [b"a\r\nx: y", b"a\nb", b"a\rb"])
def test_nothing_can_be_smuggled_into_a_request(value: bytes) -> None:
    with pytest.raises(ValueError, match="line break"):
        request_head("GET", b"/", [(b"X-Team", value)])


def read(*pieces: bytes) -> tuple[ResponseReader, bytes]:
    answer = ResponseReader()
    return answer, b"".join([answer.feed(piece) for piece in pieces])


def read_in_every_way(message: bytes) -> tuple[ResponseReader, bytes]:
    """Read a message at once; cut in two anywhere, or byte by byte, it has to say the same."""
    answer, content = read(message)
    cuts = [[message[:cut], message[cut:]] for cut in range(1, len(message))]
    for pieces in [*cuts, [message[n : n + 1] for n in range(len(message))]]:
        other, other_content = read(*pieces)
        assert other_content == content
        assert (other.status, other.reason, other.fields, other.is_complete, other.keeps_alive) == (
            answer.status, answer.reason, answer.fields, answer.is_complete, answer.keeps_alive
        )  # fmt: skip
    return answer, content


def test_an_answer() -> None:
    answer, content = read_in_every_way(
        OK + b"\r\nX-A:  b c \t\r\nx-empty:\r\nContent-Length: 5" + END + b"Hello"
    )
    assert answer.fields == [(b"X-A", b"b c"), (b"x-empty", b""), (b"Content-Length", b"5")]
    assert (answer.status, answer.reason, content) == (200, b"OK", b"Hello")
    assert answer.is_complete
    assert answer.keeps_alive


@pytest.mark.parametrize(
    "body",
    [
        b"5\r\nHello\r\n0\r\n\r\n",
        b"2\r\nHe\r\n3\r\nllo\r\n0\r\n\r\n",
        b"2;name=value\r\nHe\r\n3;x\r\nllo\r\n0;last\r\n\r\n",
        b"00005\r\nHello\r\n000\r\nTrailer: yes\r\nAnother: one\r\n\r\n",
    ],
)
def test_chunks(body: bytes) -> None:
    answer, content = read_in_every_way(CHUNKED + body)
    assert content == b"Hello"
    assert answer.is_complete
    assert answer.keeps_alive
    assert [name for name, _ in answer.fields] == [b"transfer-encoding"]


def test_what_is_there_comes_at_once() -> None:
    answer, content = read(CHUNKED + b"5\r\nHel")
    assert content == b"Hel"
    assert answer.feed(b"l") == b"l"
    assert not answer.is_complete


@pytest.mark.parametrize(
    ("message", "content"),
    [
        (b"HTTP/1.1 204 No Content" + END, b""),
        (b"HTTP/1.1 304" + END, b""),
        (b"HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked" + END, b""),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 5" + END, b""),
        (OK + b"\r\nTransfer-Encoding: Chunked" + END + b"1\r\na\r\n0\r\n\r\n", b"a"),
    ],
)  # fmt: skip
def test_how_a_body_ends(message: bytes, content: bytes) -> None:
    answer, read_content = read_in_every_way(message)
    assert answer.is_complete
    assert read_content == content


def test_a_body_that_ends_with_the_connection() -> None:
    answer, content = read_in_every_way(OK + END + b"until the end")
    assert content == b"until the end"
    assert answer.ends_with_the_connection
    assert not answer.is_complete
    assert not answer.keeps_alive
    assert not read(OK + b"\r\ncontent-length: 5" + END)[0].ends_with_the_connection
    assert not read(CHUNKED)[0].ends_with_the_connection


@pytest.mark.parametrize(
    ("message", "keeps"),
    [
        (OK + b"\r\ncontent-length: 0", True),
        (OK + b"\r\ncontent-length: 0\r\nConnection: Close", False),
        (OK + b"\r\ncontent-length: 0\r\nconnection: x, close", False),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 0", False),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\nConnection: keep-alive", True),
        (OK + b"\r\ntransfer-encoding: chunked", True),
    ],
)
def test_whether_the_connection_lives_on(message: bytes, keeps: bool) -> None:  # noqa: FBT001
    body = b"0\r\n\r\n" if b"chunked" in message else b""
    answer, _ = read_in_every_way(message + END + body)
    assert answer.is_complete
    assert answer.keeps_alive is keeps


@pytest.mark.parametrize("surplus", [OK + b"\r\ncontent-length: 2" + END + b"no", b"garbage"])
@pytest.mark.parametrize("message", [OK + b"\r\ncontent-length: 2" + END + b"ok",
                                     CHUNKED + b"2\r\nok\r\n0\r\n\r\n"])  # fmt: skip
def test_bytes_after_the_end_are_nobodys_and_cost_the_connection(
    message: bytes, surplus: bytes
) -> None:
    answer, content = read(message + surplus)
    assert content == b"ok"
    assert answer.status == 200
    assert answer.is_complete
    assert not answer.keeps_alive


def test_information_is_followed_by_the_answer() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: x" + END + b"HTTP/1.1 100 Continue" + END
    answer, _ = read(early)
    assert not answer.has_head
    answer, content = read_in_every_way(
        early + b"HTTP/1.1 407 Who are you\r\ncontent-length: 1" + END + b"?"
    )
    assert (answer.status, answer.reason, len(answer.fields)) == (407, b"Who are you", 1)
    assert content == b"?"


@pytest.mark.parametrize(
    "head",
    [
        b"SSH-2.0-OpenSSH",
        b"HTTP/2 200",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade",
        b"HTTP/1.1 20 OK",
        b"HTTP/1.1 099 OK",
        b"HTTP/1.1 200OK",
        OK + b"\r\nno colon",
        OK + b"\r\n folded: yes",
        OK + b"\r\na: b\r\n folded",
        OK + b"\r\nspace : no",
        OK + b"\r\na: \x00",
        OK + b"\r\na: b\nc: d",
        OK + b"\r\ncontent-length: -1",
        OK + b"\r\ncontent-length: 5\r\ncontent-length: 6",
        OK + b"\r\ntransfer-encoding: chunked\r\ncontent-length: 5",
        OK + b"\r\ncontent-length: 5\r\ntransfer-encoding: chunked",
        OK + b"\r\na: b" * (MAX_HEADERS + 1),
    ],
)
def test_what_is_no_head(head: bytes) -> None:
    with pytest.raises(RequestFailed, match="its head"):
        read(head + END)
    with pytest.raises(RequestFailed):
        read(*(head[n : n + 1] for n in range(len(head))), END)


@pytest.mark.parametrize(
    ("first", "drop"),
    [(b"", b"HTTP/1.1 100 Continue" + END), (OK + b"\r\n", b"x: y\r\n"), (OK + b"\r\n", b"x" * 64)],
)
def test_a_head_without_an_end_is_bounded(first: bytes, drop: bytes) -> None:
    with pytest.raises(RequestFailed, match="its head has 65536 bytes without content"):
        read(first, *[drop] * (MAX_EMPTY_BYTES // len(drop) + 1))


@pytest.mark.parametrize(
    "body",
    [b"\r\n", b"x\r\n", b"-1\r\n", b"5 5\r\n", b"1\r\nab\r\n", b"0x5\r\nHello\r\n", b"f" * 17 + b"\r\n",
     b"1" * 5000],
)  # fmt: skip
def test_what_is_damaged_is_an_error(body: bytes) -> None:
    with pytest.raises(RequestFailed, match="body"):
        read(CHUNKED + body)


@pytest.mark.parametrize(("first", "drop"), [(b"5;", b"a" * 1000), (b"0\r\n", b"a: b\r\n" * 200)])
def test_bytes_without_content_are_bounded(first: bytes, drop: bytes) -> None:
    with pytest.raises(RequestFailed, match="its body has 65536 bytes without content"):
        read(CHUNKED, first, *[drop] * (MAX_EMPTY_BYTES // len(drop) + 1))


def test_content_takes_the_bound_away() -> None:
    answer, _ = read(CHUNKED)
    line = b"1;" + b"x" * 1000 + b"\r\n"
    for _ in range(2 * MAX_EMPTY_BYTES // len(line)):
        assert answer.feed(line) == b""
        assert answer.feed(b"a\r\n") == b"a"


@given(st.binary(max_size=300), st.sampled_from([b"", OK, OK + b"\r\n", CHUNKED]))
def test_whatever_comes_it_is_an_answer_or_an_error(rest: bytes, start: bytes) -> None:
    try:
        answer, _ = read(start + rest)
    except RequestFailed:
        return
    if answer.has_head:
        assert 100 <= answer.status <= 999
    assert not any(b"\r" in value or b"\n" in value for _, value in answer.fields)


@pytest.mark.parametrize(
    ("error", "failure", "detail"),
    [
        (TimeoutError("timed out"), Failure.READ_TIMEOUT, ""),
        (ConnectionResetError(104, "Connection reset"), Failure.BROKEN, "Connection reset"),
    ],
)
def test_a_connection_that_breaks(error: OSError, failure: Failure, detail: str) -> None:
    told = broken(error)
    assert (told.failure, told.detail, told.is_unprocessed) == (failure, detail, False)
