"""The lines in which a plugin answers, of which Dify's daemon takes 5 MiB each.

It ends a plugin that writes a longer one (PLUGIN_RUNTIME_MAX_BUFFER_SIZE of dify-plugin-daemon).
"""

from collections.abc import Mapping
from typing import Any

MAX_LINE_BYTES = 5 * 1024 * 1024
MOST_OF_A_LINE = 4_500_000
"""What one part of an answer may fill, in bytes; the rest is for what stands around it."""
MAX_TEXT_CHARACTERS = 500_000
"""A character takes up to six bytes: \\u0000 in JSON."""
MAX_ERROR_CHARACTERS = 4000


def fits_a_line(text: str) -> bool:
    """Return whether a line can be written; a character takes up to four bytes there."""
    return len(text) * 4 <= MAX_LINE_BYTES or len(text.encode(errors="replace")) <= MAX_LINE_BYTES


def shortened_error(error: Mapping[str, Any]) -> dict[str, Any]:
    """Return an error of the SDK with at most MAX_ERROR_CHARACTERS in each text, without its traceback.

    The SDK adds a traceback of some 50 lines to each error (dify-plugin 0.10, core/server/io_server.py).
    """
    description = error["args"].get("description")
    return {
        **error,
        "message": shortened(str(error["message"])),
        "args": {} if description is None else {"description": shortened(str(description))},
    }


def shortened(message: str) -> str:
    """Return at most MAX_ERROR_CHARACTERS of an error's text."""
    longest = MAX_ERROR_CHARACTERS
    return message if len(message) <= longest else message[: longest - 1] + "…"
