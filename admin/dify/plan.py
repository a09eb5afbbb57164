"""Compare the installed plugin with the desired one; pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

import yaml

from admin.catalogue.difference import GONE, NEW, Change, Entities, changes
from admin.dify.adopt import Pair
from admin.dify.app_file import models_in
from admin.dify.responses import Plugin, Provider
from admin.litellm.responses import Deprecations

PREDEFINED = "predefined-model"
_WHOLE = frozenset({NEW, GONE})
_COMPARED = ("context_size", "mode", "max_chunks", "default_voice")
"""Model properties that are compared."""


class Step(StrEnum):
    """What to do with the package."""

    NOTHING = "nothing"
    INSTALL = "install"
    UPGRADE = "upgrade"


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes of a sync, and its warnings.

    `removed_in_use` maps models that will be removed to the apps that use them; `pairs` are models
    listed twice, by hand and in the catalogue. `fills_form`: the provider has no key yet. `adopts`:
    forms of pairs without settings of their own are removed. `deprecated` are models of the catalogue
    that their providers will soon reject, `deprecated_in_use` the apps that use them.
    """

    step: Step
    installed: str | None
    wanted: str
    changes: tuple[Change, ...]
    removed_in_use: Mapping[str, tuple[str, ...]]
    pairs: tuple[Pair, ...]
    fills_form: bool
    adopts: bool
    deprecated: tuple[Deprecations.Model, ...] = ()
    deprecated_in_use: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_in_step(self) -> bool:
        """Return whether there is nothing to do."""
        return self.step is Step.NOTHING and not self.fills_form and not self.adopted

    @property
    def adopted(self) -> tuple[Pair, ...]:
        """Return the models whose form is to be removed."""
        return tuple(pair for pair in self.pairs if pair.can_go) if self.adopts else ()

    def to_json(self) -> dict[str, Any]:
        """Return the plan as a JSON object."""
        return {
            "step": self.step.value,
            "installed": self.installed,
            "wanted": self.wanted,
            "changes": [asdict(change) for change in self.changes],
            "removed_in_use": {model: list(apps) for model, apps in self.removed_in_use.items()},
            "pairs": [asdict(pair) for pair in self.pairs],
            "adopted": [pair.model for pair in self.adopted],
            "fills_form": self.fills_form,
            "deprecated": [
                {
                    **each.model_dump(mode="json"),
                    "apps": self.deprecated_in_use.get(each.model_name, ()),
                }
                for each in self.deprecated
            ],
        }


@dataclass(frozen=True, slots=True)
class Workspace:
    """The state of this plugin in a workspace of Dify.

    `apps` yields each app and the provider's models that it uses (None: unknown); it is only read
    if a model will be removed. `pairs` are models listed twice.
    """

    plugin: Plugin | None
    provider: Provider | None
    apps: Iterable[tuple[str, Collection[str] | None]]
    pairs: tuple[Pair, ...] = ()


def plan_of(
    wanted: str,
    entities: Entities,
    workspace: Workspace,
    *,
    adopts: bool = False,
    deprecated: Sequence[Deprecations.Model] = (),
) -> Plan:
    """Compare and return the plan.

    `wanted` is the package's identifier, `entities` its models by kind and name (none for the plain
    package). With `adopts`, models added by hand are removed if the catalogue has the same.
    `deprecated` are models of the proxy that their providers will soon reject.
    """
    plugin, provider = workspace.plugin, workspace.provider
    installed = plugin.plugin_unique_identifier if plugin else None
    step = Step.NOTHING if installed == wanted else Step.UPGRADE if plugin else Step.INSTALL
    custom = provider.custom_configuration if provider else None
    by_hand = {each.model for each in provider.added_by_hand} if provider else set()
    found = () if step is Step.NOTHING else changes(entities_of(plugin), comparable(entities))
    # For a name that was also added by hand, Dify 1.14 mixes the data of both.
    told = tuple(each for each in found if each.model not in by_hand or each.what in _WHOLE)
    # Apps keep using the model added by hand.
    gone = [each.model for each in told if each.what == GONE and each.model not in by_hand]
    names = {name for _, name in entities}
    leaving = tuple(each for each in deprecated if each.model_name in names)
    used = used_in(workspace.apps, [*gone, *(each.model_name for each in leaving)])
    return Plan(
        step=step,
        installed=installed,
        wanted=wanted,
        changes=told,
        removed_in_use={model: apps for model, apps in used.items() if model in gone},
        pairs=workspace.pairs,
        fills_form=bool(entities) and not (custom and custom.current_credential_id),
        adopts=adopts,
        deprecated=leaving,
        deprecated_in_use={model: apps for model, apps in used.items() if model not in gone},
    )


def entities_of(plugin: Plugin | None) -> Entities:
    """Return the models of an installed catalogue by kind and name."""
    models = plugin.models if plugin else ()
    return comparable({(each["model_type"], each["model"]): each for each in models})


def comparable(entities: Entities) -> Entities:
    """Keep the fields that are compared; Dify adds fields, and formats others differently."""
    return {key: _comparable(entity) for key, entity in entities.items()}


def _comparable(entity: Mapping[str, Any]) -> dict[str, Any]:
    properties = entity.get("model_properties") or {}
    pricing = entity.get("pricing") or {}
    return {
        "label": "",
        "features": _features(entity),
        "model_properties": {name: properties[name] for name in _COMPARED if name in properties},
        "pricing": {
            name: f"{Decimal(str(pricing[name])).normalize():f}"
            for name in ("input", "output")
            if pricing.get(name) is not None
        },
        "parameter_rules": [
            {
                "name": rule["name"],
                "max": rule.get("max"),
                "options": list(rule.get("options") or ()),
            }
            for rule in entity.get("parameter_rules") or ()
        ],
    }


def _features(entity: Mapping[str, Any]) -> list[str]:
    """Return the features as Dify returns them.

    Its engine before graphon 0.8 adds one to models with a schema.
    """
    rules = {rule["name"] for rule in entity.get("parameter_rules") or ()}
    derived = {"structured-output"} if "json_schema" in rules else set()
    return sorted(derived | set(entity.get("features") or ()))


def used_in(
    apps: Iterable[tuple[str, Collection[str] | None]], models: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Return the apps that use each model, or may use it.

    Models without apps are omitted; without models the apps are not read.
    """
    if not models:
        return {}
    found: dict[str, list[str]] = {}
    for app, named in apps:
        for model in models if named is None else set(named) & set(models):
            found.setdefault(model, []).append(app)
    return {model: tuple(names) for model, names in sorted(found.items())}


def models_named(text: str, provider: str) -> set[str] | None:
    """Return a provider's models in an app, None for invalid YAML."""
    try:
        return {named.model for named in models_in(text) if named.provider == provider}
    except yaml.YAMLError:
        return None
