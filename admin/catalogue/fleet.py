"""Parse and validate `fleet.yaml`: several workspaces of Dify, each with its proxy and its key."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import Field

from admin.catalogue.choices import Choices, ChoicesError, read_mapping, validated

TARGETS = "targets"
_DEFAULTS = "defaults"
_NAME = "name"


class Target(Choices):
    """A workspace of Dify with its catalogue; the other fields are options of `sync`.

    Secrets are not in the file: it names environment variables (`…_env`) or files (`…_file`).
    """

    name: str = Field(min_length=1)
    read_url: str = ""
    api_key_env: str = ""
    api_key_file: Path | None = None
    headers_env: str = ""
    ca: Path | None = None
    dify_url: str = ""
    workspace: str = ""
    dify_ca: str = ""
    dify_admin_key_env: str = ""
    dify_admin_key_file: Path | None = None
    dify_email_env: str = ""
    dify_password_env: str = ""

    def choices(self) -> Choices:
        """Return what is about the catalogue."""
        return Choices.model_validate({name: getattr(self, name) for name in Choices.model_fields})

    def options(self, common: argparse.Namespace) -> argparse.Namespace:
        """Return the options of `sync` for this workspace: those of the command line, and the target's."""
        names = set(Target.model_fields) - set(Choices.model_fields) - {_NAME}
        own = {name: value for name in names if (value := getattr(self, name))}
        return argparse.Namespace(**{**vars(common), **own})


def read_fleet(file: Path) -> tuple[Target, ...] | None:
    """Return the targets of a file, None if it has no `targets` and so is for one workspace.

    Values of `defaults` count for every target that has none of its own. Raises ChoicesError.
    """
    fleet = read_mapping(file)
    if TARGETS not in fleet:
        return None
    targets = tuple(_targets(fleet, file))
    seen: dict[tuple[str, str], str] = {}
    for target in targets:
        place = (target.dify_url, target.workspace)
        if target.name in seen.values():
            message = f'{file}: two targets are called "{target.name}".'
            raise ChoicesError(message)
        if place in seen:
            message = f'{file}: "{seen[place]}" and "{target.name}" are the same workspace, which has one plugin.'
            raise ChoicesError(message)
        seen[place] = target.name
    return targets


def _targets(fleet: dict[str, Any], file: Path) -> Iterator[Target]:
    if others := fleet.keys() - {TARGETS, _DEFAULTS}:
        message = f"{file}: {min(map(str, others))}: there is no such field; there are {_DEFAULTS} and {TARGETS}."
        raise ChoicesError(message)
    defaults, rows = fleet.get(_DEFAULTS) or {}, fleet[TARGETS]
    is_list = isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows)
    if not (is_list and isinstance(defaults, dict)):
        message = f"{file}: {TARGETS} must be a list such as `- name: marketing`, and {_DEFAULTS} a mapping."
        raise ChoicesError(message)
    for number, row in enumerate(rows):
        name = row.get(_NAME, f"number {number + 1}")
        yield validated(Target, {**defaults, **row}, f"{file}: {name}")
