"""The chunked transfer coding of HTTP/1.1 as a small pure object: bytes in, content out.

https://www.rfc-editor.org/rfc/rfc9112#name-chunked-transfer-coding. Written here because one read
brings hundreds of chunks, a server writing one per event: taken apart all at once they cost a
microsecond each, through h11 eight (docs/performance.md).
"""

from litellm_proxy.errors import ProxyProtocolError

_LONGEST_LINE = 4096
"""Of a size with its extensions, and of all trailers together."""
_HEX = b"0123456789abcdefABCDEF"


class ChunkedDecoder:
    """Holds what one body has not completed yet; no I/O."""

    def __init__(self) -> None:
        self._held = b""
        self._left = 0
        self.complete = False
        """Whether the last chunk has come."""
        self.surplus = False
        """Whether bytes have come after the end."""

    def feed(self, received: bytes) -> bytes:
        """Return the content that `received` completes.

        Raises ProxyProtocolError for what is no chunked body.
        """
        pieces: list[bytes] = []
        position = 0
        data = self._held + received if self._held else received
        while not self.complete:
            if self._left > 0:
                piece = data[position : position + self._left]
                pieces.append(piece)
                position += len(piece)
                self._left -= len(piece)
                if self._left:
                    break
                self._left = -1
            end = data.find(b"\r\n", position)
            if end < 0:
                self._require_short(len(data) - position)
                break
            line = data[position:end]
            if self._left < 0:
                # Content ends with an empty line of its own.
                self._require(not line)
                self._left = 0
            elif size := self._size(line):
                self._left = size
            else:
                trailers = data.find(b"\r\n\r\n", end)
                if trailers < 0:
                    self._require_short(len(data) - position)
                    break
                end = trailers + 2
                self.complete = True
            position = end + 2
        self._held = data[position:]
        self.surplus = self.complete and bool(self._held)
        return b"".join(pieces)

    def _size(self, line: bytes) -> int:
        digits = line.partition(b";")[0].strip(b" \t")
        self._require(0 < len(digits) <= 15 and not digits.strip(_HEX))  # noqa: PLR2004 - below 2**60
        return int(digits, 16)

    def _require_short(self, length: int) -> None:
        self._require(length <= _LONGEST_LINE)

    @staticmethod
    def _require(valid: bool) -> None:  # noqa: FBT001
        if not valid:
            message = "its chunked transfer coding is damaged"
            raise ProxyProtocolError(message)
