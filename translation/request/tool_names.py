"""Names of tools in the form that every provider takes, and back.

Dify passes the names of MCP servers as they are; OpenAI takes `[a-zA-Z0-9_-]{1,64}`, and Gemini wants
a letter or an underscore in front.
"""

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from hashlib import sha256

_TAKEN_EVERYWHERE = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}")
_WORD = re.compile(r"[a-zA-Z0-9_-]+")
_OTHERS = re.compile(r"[^a-zA-Z0-9_-]+")
_KEPT_CHARACTERS = 54
_DIGEST_CHARACTERS = 8
_LONGEST_SEARCHED = 300


def sent_name(name: str) -> str:
    """Return the name that goes out, the same each time; different names stay different."""
    if _TAKEN_EVERYWHERE.fullmatch(name):
        return name
    digest = sha256(name.encode(errors="replace")).hexdigest()[:_DIGEST_CHARACTERS]
    words = _OTHERS.sub("_", name)[:_KEPT_CHARACTERS].strip("_-")
    return f"{words}_{digest}" if words[:1].isalpha() else f"t_{words[:-2]}_{digest}"


def names_in_dify(names: Iterable[str]) -> Mapping[str, str]:
    """Return Dify's names by those that went out."""
    return {sent_name(name): name for name in names}


def called_name(name: str, declared: AbstractSet[str]) -> str:
    """Return the declared name that a model's call means, or the name as it is.

    Servers leave tokens of the model's format, name spaces and counters around a name, as in
    `get_weather<|channel|>commentary` and `functions.get_weather:0`
    (https://github.com/vllm-project/vllm/issues/32587). A declared name counts if it stands in the call's as
    a whole word and no other does.
    """
    if name in declared:
        return name
    found = declared & set(_WORD.findall(name[:_LONGEST_SEARCHED]))
    return next(iter(found)) if len(found) == 1 else name
