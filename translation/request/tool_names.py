"""Convert tool names to a form that every provider accepts, and back.

Dify sends the names of MCP servers unchanged; OpenAI accepts `[a-zA-Z0-9_-]{1,64}`, and Gemini
requires a letter or an underscore first.
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
_MAX_SEARCHED = 300


def sent_name(name: str) -> str:
    """Return a valid name to send; stable, and different for different names."""
    if _TAKEN_EVERYWHERE.fullmatch(name):
        return name
    digest = sha256(name.encode(errors="replace")).hexdigest()[:_DIGEST_CHARACTERS]
    words = _OTHERS.sub("_", name)[:_KEPT_CHARACTERS].strip("_-")
    return f"{words}_{digest}" if words[:1].isalpha() else f"t_{words[:-2]}_{digest}"


def names_in_dify(names: Iterable[str]) -> Mapping[str, str]:
    """Return Dify's names by sent name."""
    return {sent_name(name): name for name in names}


def called_name(name: str, declared: AbstractSet[str]) -> str:
    """Return the declared name within a called name, else the called name.

    Servers leave tokens of the model's format, namespaces and counters around a name, as in
    `get_weather<|channel|>commentary` and `functions.get_weather:0`
    (https://github.com/vllm-project/vllm/issues/32587). A declared name matches if it is the only
    one in the called name, as a whole word.
    """
    if name in declared:
        return name
    found = declared & set(_WORD.findall(name[:_MAX_SEARCHED]))
    return next(iter(found)) if len(found) == 1 else name
