"""Facts → a short text that Dify keeps with the form, and back.

Dify stores whatever validation leaves in the credentials and hands it back with every call
(dify-plugin-contract 1.3). So a proxy that is down still has the right schema.
"""

from collections.abc import Mapping
from dataclasses import replace

from pydantic import TypeAdapter, ValidationError

from translation.facts import NOTHING_KNOWN, ModelFacts
from translation.parameter_rules import OFFERED

VARIABLE = "__litellm_facts"
"""No form field has such a name."""

MAX_CHARACTERS = 8000
_ADAPTER = TypeAdapter(ModelFacts)


def to_stored(facts: ModelFacts) -> str:
    """Return the known facts as compact JSON; parameters that no rule offers are left out."""
    if facts.supported_params is not None:
        offered = tuple(sorted(name for name in facts.supported_params if name in OFFERED))
        facts = replace(facts, supported_params=offered)
    return _ADAPTER.dump_json(facts, exclude_none=True).decode()


def from_stored(credentials: Mapping[str, object]) -> ModelFacts:
    """Return the facts that validation stored; nothing known if they are absent or garbled."""
    text = credentials.get(VARIABLE)
    if not isinstance(text, str) or len(text) > MAX_CHARACTERS:
        return NOTHING_KNOWN
    try:
        return _ADAPTER.validate_json(text)
    except ValidationError:
        return NOTHING_KNOWN
