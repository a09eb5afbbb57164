"""The catalogue that a package may carry (`make catalog`): models that Dify lists by themselves.

Dify's model files hold what Dify shows. What only this plugin needs of them stands beside, in
`provider/catalog.json`: the name on the proxy where it differs, and the facts at the time of the
build, which count while the proxy cannot be asked. A plain package has no such file.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from translation.validation.stored_facts import VARIABLE

FILE = Path(__file__).parent.parent / "provider" / "catalog.json"


def proxy_name_of(model: str) -> str:
    """Return what a model of the catalogue is called on the proxy; other names are their own."""
    return _read()["names"].get(model, model)


def is_added_by_hand(credentials: Mapping[str, object]) -> bool:
    """Return whether these are the credentials of a custom model, not the provider's.

    A custom model may be called like one of the catalogue, and be on another proxy. Validation has
    left its facts in its form; nothing else tells it from the provider's.
    """
    return VARIABLE in credentials


def with_catalogued_facts(
    model_type: str, model: str, credentials: Mapping[str, object]
) -> Mapping[str, object]:
    """Return the provider's credentials with the catalogue's facts of a model."""
    stored = _read()["facts"].get(f"{model_type}/{model}")
    return {**credentials, VARIABLE: stored} if stored else credentials


@cache
def _read() -> Mapping[str, Mapping[str, str]]:
    if not FILE.is_file():
        return {"names": {}, "facts": {}}
    catalogue: Mapping[str, Mapping[str, str]] = json.loads(FILE.read_text(encoding="utf-8"))
    return catalogue
