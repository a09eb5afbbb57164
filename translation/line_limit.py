"""The lines in which a plugin answers, of which Dify's daemon takes 5 MiB each.

It ends a plugin that writes a longer one (dify-plugin-contract 8, PLUGIN_RUNTIME_MAX_BUFFER_SIZE).
"""

import json

MAX_LINE_BYTES = 5 * 1024 * 1024
MOST_OF_A_LINE = 4_500_000
"""What one part of an answer may fill, in bytes; the rest is for what stands around it."""
MAX_TEXT_CHARACTERS = 500_000
"""A character takes up to six bytes: \\u0000 in JSON."""
MAX_ERROR_CHARACTERS = 4000
_AN_ERROR = '"type":"error"'
_HEAD = 500


def fits_a_line(text: str) -> bool:
    """Return whether a line can be written; a character takes up to four bytes there."""
    return len(text) * 4 <= MAX_LINE_BYTES or len(text.encode(errors="replace")) <= MAX_LINE_BYTES


def too_large_frame(text: str) -> str | None:
    """Return an error of the SDK's that is too long with the beginning of its words, else None."""
    if _AN_ERROR not in text[:_HEAD]:
        return None
    frame = json.loads(text)
    data = frame["data"]["data"]
    data["message"] = shortened(str(data.get("message")))
    data["args"] = {}
    return json.dumps(frame, separators=(",", ":"))


def shortened(message: str) -> str:
    """Return the beginning of an error's words."""
    longest = MAX_ERROR_CHARACTERS
    return message if len(message) <= longest else message[: longest - 1] + "…"
