"""Headers of *Extra Headers* that name the caller: the end user, the app or the session."""

import re
from collections.abc import Mapping

from translation.form.labels import label_of
from translation.form.reader import SettingsError

NAMES = ("user", "app", "session")
_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]{0,40}?)\s*\}\}")

type Headers = tuple[tuple[str, str], ...]


def separated(headers: Headers) -> tuple[Headers, Headers]:
    """Return the headers without a placeholder, and those with one, such as `{{user}}`.

    Raises SettingsError for an unknown placeholder.
    """
    fixed: list[tuple[str, str]] = []
    of_caller: list[tuple[str, str]] = []
    for name, value in headers:
        names = _PLACEHOLDER.findall(value)
        if unknown := [each for each in names if each not in NAMES]:
            message = (
                f"{label_of('extra_headers')} cannot use {{{{{unknown[0]}}}}}: the placeholders are "
                "{{user}}, {{app}} and {{session}}."
            )
            raise SettingsError(message)
        (of_caller if names else fixed).append((name, value))
    return tuple(fixed), tuple(of_caller)


def fixed_parts(headers: Headers) -> tuple[str, ...]:
    """Return the texts around the placeholders; they may be secret."""
    return tuple(part.strip() for _, value in headers for part in _PLACEHOLDER.split(value)[::2])


def filled(headers: Headers, caller: Mapping[str, str | None]) -> dict[str, str]:
    """Return the headers of one call.

    `caller` has a value for each of NAMES. A header is left out if its value is unknown, or if HTTP
    does not allow it: only printable ASCII can be sent.
    """
    texts = {name: _filled(value, caller) for name, value in headers}
    return {name: text for name, text in texts.items() if text is not None}


def _filled(template: str, caller: Mapping[str, str | None]) -> str | None:
    values = {name: caller[name] or "" for name in _PLACEHOLDER.findall(template)}
    if not all(map(_can_be_sent, values.values())):
        return None
    return _PLACEHOLDER.sub(lambda found: values[found[1]], template)


def _can_be_sent(value: str) -> bool:
    return bool(value) and value.isascii() and value.isprintable()
