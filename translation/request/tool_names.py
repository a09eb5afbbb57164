"""Names of tools in the form that every provider takes, and back (P27).

Dify passes the names of MCP servers as they are; OpenAI takes `[a-zA-Z0-9_-]{1,64}`, and Gemini wants
a letter or an underscore in front.
"""

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256

_TAKEN_EVERYWHERE = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}")
_OTHERS = re.compile(r"[^a-zA-Z0-9_-]+")
_KEPT_CHARACTERS = 54
_DIGEST_CHARACTERS = 8


def sent_name(name: str) -> str:
    """Return the name that goes out, the same each time; different names stay different."""
    if _TAKEN_EVERYWHERE.fullmatch(name):
        return name
    digest = sha256(name.encode(errors="replace")).hexdigest()[:_DIGEST_CHARACTERS]
    words = _OTHERS.sub("_", name)[:_KEPT_CHARACTERS].strip("_-")
    return f"{words}_{digest}" if words[:1].isalpha() else f"t_{words[:-2]}_{digest}"


def names_in_dify(names: Iterable[str]) -> Mapping[str, str]:
    """Return Dify's names by those that went out, where they differ."""
    sent = {sent_name(name): name for name in names}
    return {out: name for out, name in sent.items() if out != name}
