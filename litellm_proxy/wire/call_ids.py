"""Tool call ids that every provider accepts: nine letters and digits, as Mistral requires."""

import re
from hashlib import sha256

LENGTH = 9
_STRICT = re.compile(r"[a-zA-Z0-9]{9}")


def is_strict_call_id(call_id: str) -> bool:
    """Return whether every provider accepts an id."""
    return _STRICT.fullmatch(call_id) is not None


def strict_call_id(call_id: str) -> str:
    """Convert an id to one that every provider accepts.

    Equal ids give equal results.
    """
    if is_strict_call_id(call_id):
        return call_id
    return sha256(call_id.encode(errors="replace")).hexdigest()[:LENGTH]
