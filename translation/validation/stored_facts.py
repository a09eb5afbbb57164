"""Facts → a short text that Dify keeps with the form, and back.

Dify stores whatever validation leaves in the credentials and hands it back with every call
(Dify 1.14). So a proxy that is down still has the right schema, and what calls had shown
to be refused is known after a restart.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache

from pydantic import TypeAdapter, ValidationError

from litellm_proxy.wire.model_facts import NOTHING_KNOWN, ModelFacts
from litellm_proxy.wire.reading import Lenient, WireModel
from translation.facts.parameter_rules import TELLING

VARIABLE = "__litellm_facts"
"""No form field has such a name."""

MAX_CHARACTERS = 8000
KEPT_DAYS = 7
"""How long what calls have shown counts: an upgraded LiteLLM may take everything again."""
_LEARNED = "learned"
_TELLING = TELLING | {"dimensions", "encoding_format", "input_type"}
"""Beside those of chats the ones that change what is sent for embeddings."""
_ADAPTER = TypeAdapter(ModelFacts)


def to_stored(facts: ModelFacts, learned: Mapping[str, date] | None = None) -> str:
    """Return what is known as compact JSON; parameters whose support changes nothing are left out.

    `learned` is what calls have shown to be rejected, with dates.
    """
    if facts.supported_params is not None:
        telling = tuple(sorted(name for name in facts.supported_params if name in _TELLING))
        facts = replace(facts, supported_params=telling)
    stored = _ADAPTER.dump_python(facts, mode="json", exclude_none=True)
    stored.pop("refused_params", None)
    if learned:
        stored[_LEARNED] = {name: day.isoformat() for name, day in sorted(learned.items())}
    return json.dumps(stored, separators=(",", ":"))


def from_stored(credentials: Mapping[str, object]) -> ModelFacts:
    """Return the facts that validation stored; nothing known if they are absent or garbled."""
    text = _stored(credentials)
    return _facts_in(text) if text else NOTHING_KNOWN


def stored_learned(credentials: Mapping[str, object], today: date) -> Mapping[str, date]:
    """Return what calls had shown when the form was saved, at most KEPT_DAYS ago."""
    text = _stored(credentials)
    known = _learned_in(text) if _LEARNED in text else {}
    return {name: day for name, day in known.items() if (today - day).days <= KEPT_DAYS}


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
def _learned_in(text: str) -> Mapping[str, date]:
    try:
        return _Stored.model_validate_json(text).learned or {}
    except ValidationError:
        return {}


class _Stored(WireModel):
    learned: Lenient[dict[str, date]] = None
