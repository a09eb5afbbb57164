"""The heads of HTTP/1.1 messages as pure functions: what is written, and what is read.

https://www.rfc-editor.org/rfc/rfc9112. Stricter than the RFC asks for in reading: lines end with CR
LF, a folded field is an error. Written here because http.client reads a head with the parser of
e-mails, which takes as long as all the rest of a short request (docs/performance.md).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from litellm_proxy.errors import ProxyProtocolError

MAX_HEAD_BYTES = 64 * 1024
MAX_FIELDS = 256
"""LiteLLM repeats the provider's headers beside its own."""
HEAD_END = b"\r\n\r\n"
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9][0-9])(?: ([^\r\n]*))?")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\n-\x1f\x7f]*)")
_LENGTH = re.compile(rb"[0-9]{1,15}")
_SWITCHING_PROTOCOLS = 101
_INFORMATION = frozenset(range(100, 200)) - {_SWITCHING_PROTOCOLS}
_WITHOUT_BODY = frozenset({204, 304})

type Fields = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """Status and fields of an answer, in their order; names as they were sent."""

    status: int
    reason: str
    """The words behind the status, for people."""
    fields: Fields
    keeps_alive: bool
    """Whether the server takes another request after this answer."""
    chunked: bool
    length: int | None
    """Bytes of the body; 0 without one, None for one that is chunked or ends with the connection."""

    @property
    def is_information(self) -> bool:
        """Return whether the answer is still to come."""
        return self.status in _INFORMATION


def request_head(method: str, target: bytes, fields: Fields) -> bytes:
    """Return the head of a request; raise ValueError for a line break in a field."""
    lines = [b"%b %b HTTP/1.1" % (method.encode(), target)]
    lines += [b"%b: %b" % field for field in fields]
    head = b"\r\n".join(lines)
    if head.count(b"\n") != len(fields) or head.count(b"\r") != len(fields):
        message = "a header holds a line break"
        raise ValueError(message)
    return head + HEAD_END


def parse_head(head: bytes) -> ResponseHead:
    """Return what the head of a response says, given without the empty line at its end.

    Raises ProxyProtocolError for what is no head of HTTP/1.0 or HTTP/1.1.
    """
    first, *lines = head.split(b"\r\n")
    status_line = _STATUS_LINE.fullmatch(first)
    matches = [_FIELD.fullmatch(line) for line in lines]
    if status_line is None or len(lines) > MAX_FIELDS:
        message = "its first line is not HTTP" if status_line is None else "it has too many headers"
        raise ProxyProtocolError(message)
    fields = [(field[1], field[2].rstrip()) for field in matches if field]
    if len(fields) < len(lines):
        message = "one of its headers is damaged"
        raise ProxyProtocolError(message)
    status = int(status_line[2])
    has_body = status not in _WITHOUT_BODY
    connection = _values(b"connection", fields)
    coding = _values(b"transfer-encoding", fields)
    length = _length(fields)
    chunked = _is_chunked(coding)
    modern = status_line[1] == b"1"
    # An old server, or one that gives two lengths, may mean another end of the body than we do.
    doubtful = chunked and (not modern or length is not None)
    return ResponseHead(
        status=status,
        reason=(status_line[3] or b"").decode("latin-1"),
        fields=fields,
        keeps_alive=b"close" not in connection
        and (modern or b"keep-alive" in connection)
        and not doubtful,
        chunked=chunked and has_body,
        length=None if chunked and has_body else length if has_body else 0,
    )


def _values(name: bytes, fields: Fields) -> list[bytes]:
    """Return what all fields of a name list, in lower case."""
    return [
        word.strip().lower()
        for field, value in fields
        if field.lower() == name
        for word in value.split(b",")
    ]


def _is_chunked(coding: Sequence[bytes]) -> bool:
    if coding not in ([], [b"chunked"]):
        message = "its transfer coding is not chunked"
        raise ProxyProtocolError(message)
    return bool(coding)


def _length(fields: Fields) -> int | None:
    """Return the length of the body; several equal ones are one (RFC 9112, 6.3)."""
    lengths = set(_values(b"content-length", fields))
    if not lengths:
        return None
    if len(lengths) > 1 or not _LENGTH.fullmatch(length := lengths.pop()):
        message = "its length is damaged"
        raise ProxyProtocolError(message)
    return int(length)
