"""Read an earlier package, and find its models that left the proxy."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from admin.catalogue.choices import Choices, ChoicesError, ModelKind
from admin.catalogue.difference import Entities
from admin.catalogue.files import CATALOGUE
from admin.catalogue.selection import CatalogueModel, Selection
from translation.validation.stored_facts import VARIABLE, from_stored


@dataclass(frozen=True, slots=True)
class Previous:
    """The contents of a package: its model files and its choices.

    `names` maps names in Dify to names on the proxy, where they differ; `facts` are stored facts by
    `kind/name`.
    """

    entities: Entities
    choices: Choices
    names: Mapping[str, str]
    facts: Mapping[str, str]


def read_package(package: Path) -> Previous:
    """Read a package.

    Raise ChoicesError if it is not a package with a catalogue.
    """
    try:
        with zipfile.ZipFile(package) as archive:
            catalogue = json.loads(archive.read(CATALOGUE))
            entities = [
                yaml.safe_load(archive.read(name))
                for name in archive.namelist()
                if name.startswith("models/") and name.endswith(".yaml")
                and not name.endswith("_position.yaml")
            ]  # fmt: skip
        return Previous(
            entities={(each["model_type"], each["model"]): each for each in entities},
            choices=Choices.model_validate(catalogue["choices"]),
            names=dict(catalogue["names"]),
            facts=dict(catalogue["facts"]),
        )
    except FileNotFoundError:
        message = f"{package} does not exist."
        raise ChoicesError(message) from None
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError, yaml.YAMLError):
        message = f"{package} is no package with a catalogue."
        raise ChoicesError(message) from None


def departed(previous: Previous, selection: Selection) -> tuple[CatalogueModel, ...]:
    """Return the models that have left the proxy, marked deprecated.

    Omit earlier deprecated ones. A model that is still on the proxy but left out by choice is
    omitted too.
    """
    now = {model.name for model in selection.models}
    return tuple(
        CatalogueModel(
            name,
            previous.names.get(name, name),
            ModelKind(kind),
            from_stored({VARIABLE: previous.facts.get(f"{kind}/{name}", "")}),
            deprecated=True,
        )
        for (kind, name), entity in sorted(previous.entities.items())
        if not entity.get("deprecated")
        and name not in now
        and previous.names.get(name, name) not in selection.left_out
    )
