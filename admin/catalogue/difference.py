"""Compare two states of a catalogue; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

NEW = "new"
GONE = "not listed for this key any more"

type Entities = Mapping[tuple[str, str], Mapping[str, Any]]
"""The content of each model file, by kind and name."""


@dataclass(frozen=True, slots=True)
class Change:
    """A new or removed model, or a changed field of a model."""

    kind: str
    model: str
    what: str


def changes(before: Entities, now: Entities) -> Iterator[Change]:
    """Yield the changes, by kind and name."""
    for kind, model in sorted(before.keys() | now.keys()):
        old, new = before.get((kind, model)), now.get((kind, model))
        if old is None:
            yield Change(kind, model, NEW)
        elif new is None:
            yield Change(kind, model, GONE)
        else:
            yield from (Change(kind, model, what) for what in _changed(old, new))


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    features = set(old.get("features") or ()), set(new.get("features") or ())
    yield from (f"lost {feature}" for feature in sorted(features[0] - features[1]))
    yield from (f"gained {feature}" for feature in sorted(features[1] - features[0]))
    properties = old["model_properties"], new["model_properties"]
    yield from _fields(properties[0], properties[1], "")
    yield from _fields(old.get("pricing") or {}, new.get("pricing") or {}, "USD per million, ")
    rules = [{rule["name"]: rule for rule in each["parameter_rules"]} for each in (old, new)]
    for name in sorted(rules[0].keys() | rules[1].keys()):
        if name not in rules[1]:
            yield f"parameter {name} is gone"
        elif name not in rules[0]:
            yield f"parameter {name} is new"
        elif rules[0][name] != rules[1][name]:
            yield from _fields(rules[0][name], rules[1][name], f"parameter {name}, ")
    if old["label"] != new["label"]:
        yield "its label changed"


def _fields(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield f"{prefix}{name}: {_told(old.get(name))} → {_told(new.get(name))}"


def _told(value: object) -> str:
    return "unknown" if value is None else str(value)
