"""Ids of tool calls in the form that every provider takes: nine letters and digits, as Mistral wants."""

import re
from hashlib import sha256

LENGTH = 9
_STRICT = re.compile(r"[a-zA-Z0-9]{9}")


def is_strict_call_id(call_id: str) -> bool:
    """Return whether every provider takes an id."""
    return _STRICT.fullmatch(call_id) is not None


def strict_call_id(call_id: str) -> str:
    """Return an id that every provider takes, the same each time."""
    if is_strict_call_id(call_id):
        return call_id
    return sha256(call_id.encode(errors="replace")).hexdigest()[:LENGTH]
