"""Convert facts to a short text that Dify stores with the form, and back.

Dify stores the credentials as validation changed them, and sends them with every call (Dify 1.14).
So the schema is right while the proxy is down, and learned limits survive a restart.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache

from pydantic import TypeAdapter, ValidationError

from litellm_proxy.wire.model_facts import NOTHING_KNOWN, ModelFacts
from litellm_proxy.wire.reading import Lenient, WireModel
from translation.facts.parameter_rules import RELEVANT_PARAMETERS

VARIABLE = "__litellm_facts"
"""Not the name of a form field."""

MAX_CHARACTERS = 8000
KEPT_DAYS = 7
"""Learned limits expire, because an upgraded LiteLLM may accept the fields again."""
_LEARNED = "learned"
_STORED_PARAMETERS = RELEVANT_PARAMETERS | {"dimensions", "encoding_format", "input_type"}
"""Parameters whose support changes a request, for chats and embeddings."""
_ADAPTER = TypeAdapter(ModelFacts)


def to_stored(facts: ModelFacts, learned: Mapping[str, date] | None = None) -> str:
    """Return the facts as compact JSON, without parameters whose support changes nothing.

    `learned`: learned limits with their dates.
    """
    if facts.supported_params is not None:
        telling = tuple(
            sorted(name for name in facts.supported_params if name in _STORED_PARAMETERS)
        )
        facts = replace(facts, supported_params=telling)
    stored = _ADAPTER.dump_python(facts, mode="json", exclude_none=True)
    stored.pop("rejected_params", None)
    if learned:
        stored[_LEARNED] = {name: day.isoformat() for name, day in sorted(learned.items())}
    return json.dumps(stored, separators=(",", ":"))


def from_stored(credentials: Mapping[str, object]) -> ModelFacts:
    """Return the facts that validation stored, NOTHING_KNOWN if absent or invalid."""
    text = _stored(credentials)
    return _facts_in(text) if text else NOTHING_KNOWN


def stored_learned(credentials: Mapping[str, object], today: date) -> Mapping[str, date]:
    """Return the form's learned limits that are at most KEPT_DAYS old."""
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
