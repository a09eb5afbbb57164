"""Facts → a short text that Dify keeps with the form, and back.

Dify stores whatever validation leaves in the credentials and hands it back with every call
(dify-plugin-contract 1.3). So a proxy that is down still has the right schema, and what calls had shown
to be refused is known after a restart.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from pydantic import TypeAdapter, ValidationError

from litellm_proxy.wire.concessions import NONE, Concession, Concessions
from translation.facts.model_facts import NOTHING_KNOWN, ModelFacts
from translation.facts.parameter_rules import TELLING

VARIABLE = "__litellm_facts"
"""No form field has such a name."""

MAX_CHARACTERS = 8000
_CONCESSIONS = "concessions"
_TELLING = TELLING | {"dimensions", "encoding_format", "input_type"}
"""Beside those of chats the ones that change what is sent for embeddings."""
_ADAPTER = TypeAdapter(ModelFacts)


def to_stored(facts: ModelFacts, concessions: Concessions = NONE) -> str:
    """Return what is known as compact JSON; parameters whose support changes nothing are left out."""
    if facts.supported_params is not None:
        telling = tuple(sorted(name for name in facts.supported_params if name in _TELLING))
        facts = replace(facts, supported_params=telling)
    stored = _ADAPTER.dump_python(facts, mode="json", exclude_none=True)
    if concessions:
        stored[_CONCESSIONS] = sorted(concessions)
    return json.dumps(stored, separators=(",", ":"))


def from_stored(credentials: Mapping[str, object]) -> ModelFacts:
    """Return the facts that validation stored; nothing known if they are absent or garbled."""
    text = _stored(credentials)
    return _facts_in(text) if text else NOTHING_KNOWN


def stored_concessions(credentials: Mapping[str, object]) -> Concessions:
    """Return what was known to be refused when the form was saved."""
    text = _stored(credentials)
    return _concessions_in(text) if _CONCESSIONS in text else NONE


def _stored(credentials: Mapping[str, object]) -> str:
    text = credentials.get(VARIABLE)
    return text if isinstance(text, str) and len(text) <= MAX_CHARACTERS else ""


@lru_cache(maxsize=512)
def _facts_in(text: str) -> ModelFacts:
    try:
        return _ADAPTER.validate_json(text)
    except ValidationError:
        return NOTHING_KNOWN


@lru_cache(maxsize=512)
def _concessions_in(text: str) -> Concessions:
    try:
        stored = json.loads(text)
    except (ValueError, RecursionError):
        return NONE
    names = stored.get(_CONCESSIONS) if isinstance(stored, dict) else None
    known = names if isinstance(names, list) else []
    return frozenset(each for each in Concession if each.value in known)
