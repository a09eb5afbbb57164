"""Size limits for the lines that the plugin writes to Dify's daemon.

The daemon ends a plugin that writes a line above 5 MiB (PLUGIN_RUNTIME_MAX_BUFFER_SIZE of
dify-plugin-daemon).
"""

from collections.abc import Mapping
from typing import Any

MAX_LINE_BYTES = 5 * 1024 * 1024
MAX_LINE_PART = 4_500_000
"""Limit for one part of a response, in bytes; the rest is for the JSON around it."""
MAX_TEXT_CHARACTERS = 500_000
"""A character has up to six bytes in JSON: \\u0000."""
MAX_ERROR_CHARACTERS = 4000


def fits_a_line(text: str) -> bool:
    """Return whether a text fits into a line.

    A character has up to four bytes in UTF-8.
    """
    return len(text) * 4 <= MAX_LINE_BYTES or len(text.encode(errors="replace")) <= MAX_LINE_BYTES


def shortened_error(error: Mapping[str, Any]) -> dict[str, Any]:
    """Return an SDK error without its traceback, its texts cut to MAX_ERROR_CHARACTERS.

    The SDK adds a traceback of about 50 lines to each error (dify-plugin 0.10,
    core/server/io_server.py).
    """
    description = error["args"].get("description")
    return {
        **error,
        "message": shortened(str(error["message"])),
        "args": {} if description is None else {"description": shortened(str(description))},
    }


def shortened(message: str) -> str:
    """Return an error's text, cut to MAX_ERROR_CHARACTERS."""
    longest = MAX_ERROR_CHARACTERS
    return message if len(message) <= longest else message[: longest - 1] + "…"
