"""Read the catalogue of a package (`make catalog`): models that Dify lists without a form.

Dify's model files have the schemas. `provider/catalog.json` has the data for this plugin: the name
on the proxy if it differs, and the facts at build time, which are used while the proxy is
unreachable. A plain package does not have this file.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from translation.validation.stored_facts import VARIABLE

FILE = Path(__file__).parent.parent / "provider" / "catalog.json"


def is_added_by_hand(credentials: Mapping[str, object]) -> bool:
    """Return whether these are the credentials of a custom model, not the provider's.

    A custom model can have the name of a catalogue model and be on another proxy. Only the facts
    that validation stored in its form distinguish it.
    """
    return VARIABLE in credentials


def proxy_name(model: str, credentials: Mapping[str, object]) -> str:
    """Return the model's name on the proxy; only a catalogue model can have another one."""
    return model if is_added_by_hand(credentials) else _read()["names"].get(model, model)


def with_catalogued_facts(
    model_type: str, model: str, credentials: Mapping[str, object]
) -> Mapping[str, object]:
    """Return the credentials, those of a catalogue model with its facts."""
    if is_added_by_hand(credentials):
        return credentials
    stored = _read()["facts"].get(f"{model_type}/{model}")
    return {**credentials, VARIABLE: stored} if stored else credentials


@cache
def _read() -> Mapping[str, Mapping[str, str]]:
    if not FILE.is_file():
        return {"names": {}, "facts": {}}
    catalogue: Mapping[str, Mapping[str, str]] = json.loads(FILE.read_text(encoding="utf-8"))
    return catalogue
