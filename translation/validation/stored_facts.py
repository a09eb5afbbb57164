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
    facts, _ = _parsed(credentials.get(VARIABLE))
    return facts


def stored_learned(credentials: Mapping[str, object], today: date) -> Mapping[str, date]:
    """Return the form's learned limits that are at most KEPT_DAYS old."""
    _, learned = _parsed(credentials.get(VARIABLE))
    return {name: day for name, day in learned.items() if (today - day).days <= KEPT_DAYS}


class _Learned(WireModel):
    learned: Lenient[dict[str, date]] = None


def _parsed(stored: object) -> tuple[ModelFacts, Mapping[str, date]]:
    if not isinstance(stored, str) or len(stored) > MAX_CHARACTERS:
        return NOTHING_KNOWN, {}
    return _parsed_text(stored)


@lru_cache(maxsize=512)
def _parsed_text(text: str) -> tuple[ModelFacts, Mapping[str, date]]:
    try:
        return _ADAPTER.validate_json(text), _Learned.model_validate_json(text).learned or {}
    except ValidationError:
        return NOTHING_KNOWN, {}
