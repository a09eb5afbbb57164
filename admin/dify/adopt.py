"""Compare models added by hand with the catalogue's of the same name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from translation.form.base_url import base_url
from translation.form.reader import SettingsError

_CHOOSES = "settings"
"""The field that shows or hides the others; it has no effect itself."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A model that Dify lists twice.

    `own` are settings that differ from the catalogue's.
    """

    kind: str
    model: str
    own: tuple[str, ...]

    @property
    def can_go(self) -> bool:
        """Return whether removing the form changes nothing."""
        return not self.own


def own_settings(
    form: Mapping[str, Any], provider: Mapping[str, Any], fields: Sequence[Mapping[str, Any]]
) -> tuple[str, ...]:
    """Return the labels of fields that differ from the catalogue, in order.

    `form` and `provider` are Dify's stored values, secrets obfuscated as Dify does; `fields` are
    those of `provider/litellm.yaml`. A field that the form hides has no effect.
    """
    return tuple(
        field["label"]["en_US"]
        for field in fields
        if field["variable"] != _CHOOSES
        and _is_shown(field, form)
        and _value(field, form) != _expected(field, provider)
    )


def fields_of(files: Mapping[str, bytes]) -> Sequence[Mapping[str, Any]]:
    """Return the fields of the model's form from a package's files."""
    provider = yaml.safe_load(files["provider/litellm.yaml"])
    fields: Sequence[Mapping[str, Any]] = provider["model_credential_schema"][
        "credential_form_schemas"
    ]
    return fields


def obfuscated(secret: str) -> str:
    """Obfuscate a secret as Dify 1.14 does (core/helper/encrypter.py)."""
    if not secret:
        return ""
    return "*" * 20 if len(secret) <= 8 else f"{secret[:6]}{'*' * 12}{secret[-2:]}"  # noqa: PLR2004


def _is_shown(field: Mapping[str, Any], form: Mapping[str, Any]) -> bool:
    return all(
        rule["variable"] != _CHOOSES or form.get(_CHOOSES) == rule["value"]
        for rule in field.get("show_on", ())
    )


def _value(field: Mapping[str, Any], form: Mapping[str, Any]) -> str:
    text = str(form.get(field["variable"]) or "").strip()
    if field["variable"] != "base_url":
        return text or str(field.get("default", ""))
    try:
        return base_url(text)
    except SettingsError:
        return text


def _expected(field: Mapping[str, Any], provider: Mapping[str, Any]) -> str:
    return _value(field, provider if field["variable"] in {"base_url", "api_key"} else {})
