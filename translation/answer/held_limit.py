"""Limit the characters that the filters of one answer hold until its end."""

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.limits import MAX_HELD_CHARACTERS


class HeldLimit:
    """Counts the characters that the filters of one answer hold."""

    def __init__(self) -> None:
        self._held = 0

    def take(self, characters: int) -> None:
        """Count more held characters; raise ProxyProtocolError above MAX_HELD_CHARACTERS."""
        self._held += characters
        if self._held > MAX_HELD_CHARACTERS:
            message = "the answer holds more than can be kept for it"
            raise ProxyProtocolError(message)
