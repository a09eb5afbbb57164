"""HTTP/1.1 (RFC 9112) without I/O: the head of a request, written, and an answer, read.

Answers are read by llhttp, the parser of Node.js, through httptools. What it leaves open is closed
here: the size of a head, the number of its fields, codings that are not ours, bytes without content,
and ends of which two readers may think differently.
"""

from collections.abc import Sequence
from itertools import chain

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.limits import MAX_EMPTY_BYTES, MAX_HEAD_BYTES, MAX_HEADERS

_VERSIONS = frozenset({"1.0", "1.1"})
_LOWEST_STATUS = 100
_SWITCHING_PROTOCOLS = 101
_INFORMATION = frozenset(range(100, 200)) - {_SWITCHING_PROTOCOLS}
_CODING = b"transfer-encoding"

type Fields = Sequence[tuple[bytes, bytes]]


def request_head(method: str, target: bytes, fields: Fields) -> bytes:
    """Return the head of a request; raise ValueError for a line break in a field."""
    lines = [b"%b %b HTTP/1.1" % (method.encode(), target)]
    lines += [b"%b: %b" % field for field in fields]
    head = b"\r\n".join(lines)
    if head.count(b"\n") != len(fields) or head.count(b"\r") != len(fields):
        message = "a header holds a line break"
        raise ValueError(message)
    return head + b"\r\n\r\n"


class AnswerReader:
    """Reads one answer as its bytes arrive; what comes before it as information is passed over."""

    def __init__(self) -> None:
        self.status = 0
        self.fields: list[tuple[bytes, bytes]] = []
        """In their order, names as they were sent."""
        self.has_head = False
        """Whether status and fields are known."""
        self.is_complete = False
        self.keeps_alive = False
        """Whether the server takes another request after this answer."""
        self.ends_with_the_connection = False
        """Whether nothing but the end of the connection ends the body."""
        self._reason = b""
        self._is_coded = False
        self._bytes_of_head = 0
        self._bytes_without_content = 0
        self._content: list[bytes] = []
        # httptools calls what is named on_… here.
        self.on_body = self._content.append
        self._parser = HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(
            # RFC 9112, 6.3 and 7.1.1: both are to be understood; the first costs the connection.
            lenient_chunked_length=True,
            lenient_spaces_after_chunk_size=True,
        )

    @property
    def reason(self) -> str:
        """Return the words behind the status, for people."""
        return self._reason.decode("latin-1")

    def feed(self, received: bytes) -> bytes:
        """Return the content of the body that has arrived; b"" before the head is there.

        Raises ProxyProtocolError for what is no answer of HTTP/1.0 or HTTP/1.1.
        """
        had_head = self.has_head
        try:
            self._parser.feed_data(received)
        except HttpParserUpgrade:
            # A protocol that nobody asked for is none that the next request could be sent in.
            self.keeps_alive = False
        except HttpParserError as error:
            if not self.is_complete:
                where = "body" if self.has_head else "head"
                message = f"its {where} is not HTTP/1.1 ({error})"
                raise ProxyProtocolError(message) from None
            # Bytes after the end are nobody's answer.
            self.keeps_alive = False
        content = b"".join(self._content)
        self._content.clear()
        if not had_head:
            self._bound_head(len(received))
        elif content:
            self._bytes_without_content = 0
        else:
            self._bytes_without_content += len(received)
            _require(self._bytes_without_content <= MAX_EMPTY_BYTES, "its body has no content")
        return content

    def on_message_begin(self) -> None:
        """Stop at an answer that nobody has asked for."""
        if self.is_complete:
            raise _SurplusError

    def on_status(self, reason: bytes) -> None:
        """Take the words behind the status, or the next part of them."""
        self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field; those of a trailer say nothing to us."""
        if not self.has_head:
            self.fields.append((name, value.rstrip()))

    def on_headers_complete(self) -> None:
        """Take a head, unless the answer is still to come."""
        self.status = self._parser.get_status_code()
        if self.status in _INFORMATION:
            self.fields.clear()
            self._reason = b""
            return
        self.has_head = True
        names = [name.lower() for name, _ in self.fields]
        is_chunked = self._is_coded = _CODING in names
        has_length = b"content-length" in names
        self.ends_with_the_connection = not is_chunked and not has_length
        # An old server, or one that gives two lengths, may mean another end of the body than we do.
        doubtful = is_chunked and (has_length or self._parser.get_http_version() != "1.1")
        self.keeps_alive = self._parser.should_keep_alive() and not doubtful

    def on_message_complete(self) -> None:
        """Take the end of the answer, or of information before it."""
        self.is_complete = self.has_head

    def _bound_head(self, received: int) -> None:
        self._bytes_of_head += received
        if not self.has_head:
            _require(self._bytes_of_head < MAX_HEAD_BYTES, "its head is too large")
            return
        size = sum(map(len, chain.from_iterable(self.fields)))
        _require(size <= MAX_HEAD_BYTES, "its head is too large")
        _require(len(self.fields) <= MAX_HEADERS, "it has too many headers")
        _require(self.status >= _LOWEST_STATUS, "its first line is not HTTP/1.1")
        _require(self._parser.get_http_version() in _VERSIONS, "its first line is not HTTP/1.1")
        if self._is_coded:
            codings = {value.lower() for name, value in self.fields if name.lower() == _CODING}
            _require(codings <= {b"chunked"}, "its transfer coding is not chunked")


class _SurplusError(Exception):
    """More came than one answer."""


def _require(valid: bool, problem: str) -> None:  # noqa: FBT001
    if not valid:
        raise ProxyProtocolError(problem)
