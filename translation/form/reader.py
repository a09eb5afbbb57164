"""Reads one form, whose every value is a text; whatever is malformed is said by the field's label."""

import base64
import binascii
import json
import math
import re
import ssl
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from textwrap import wrap

from litellm_proxy.settings import DIFY_CALL_SECONDS
from litellm_proxy.wire.reading import Json
from translation.form.labels import label_of

MAX_TIMEOUT_SECONDS = DIFY_CALL_SECONDS
MAX_LIST_CHARACTERS = 2000
MAX_KEY_NAME = 255
_KEYS_EXAMPLE = '{"marketing": "sk-…"}'
MAX_JSON_CHARACTERS = 64 * 1024
MAX_CERTIFICATE_CHARACTERS = 256 * 1024
_MAX_NUMBER = 1_000_000_000
_MAX_SHOWN = 20
_DIGITS = re.compile(r"[0-9]{1,12}")
_MAX_PRICE = 1_000_000
_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_SEPARATORS = re.compile(r"[,;\n\r\t，、；︐﹐､؛،]")
_UNSEEN_CATEGORIES = frozenset({"Cf", "Cc", "Co", "Cn", "Zl", "Zp"})
_SCHEME = re.compile(r"\A(authorization:\s*)?bearer(\s+|$)", re.IGNORECASE)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?")
_HEADERS_OF_THE_CONNECTION = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "host",
        "transfer-encoding",
    }
)
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
_NO_BASE64 = re.compile(r"\s|\\[nr]")


class SettingsError(ValueError):
    """A form value is malformed; the text names the field and says what it should look like."""


class FormReader:
    """Reads one form; each method raises SettingsError in the words of the form."""

    def __init__(self, credentials: Mapping[str, object]) -> None:
        self._credentials = credentials

    def text(self, variable: str, longest: int | None = None) -> str:
        """Return a value without blanks around it, "" if the field was left out."""
        value = self._credentials.get(variable)
        text = "" if value is None else str(value).strip()
        if longest and len(text) > longest:
            message = (
                f"{label_of(variable)} must have at most {longest} characters, not {len(text)}."
            )
            raise SettingsError(message)
        return text

    def number(self, variable: str, unit: str, highest: int = _MAX_NUMBER) -> int | None:
        """Return a whole number above 0; `unit` says what it counts, with an example."""
        text = self.text(variable)
        if not text:
            return None
        if not (_DIGITS.fullmatch(text) and 0 < int(text) <= highest):
            message = f"{label_of(variable)} must be a whole number of {unit}, not {shown(text)}."
            raise SettingsError(message)
        return int(text)

    def prices(self, variable: str) -> tuple[Decimal | None, Decimal | None]:
        """Return USD per token for input and output; the form has them per million, with a slash between."""
        first, _, second = self.text(variable).partition("/")
        return self._price(variable, first), self._price(variable, second)

    def _price(self, variable: str, text: str) -> Decimal | None:
        text = text.strip()
        if not text:
            return None
        if not (_DECIMAL.fullmatch(text) and Decimal(text) <= _MAX_PRICE):
            message = (
                f"{label_of(variable)} must be USD per million tokens, input / output, such as 2.50 / 10, "
                f"not {shown(text)}."
            )
            raise SettingsError(message)
        return Decimal(text) / 1_000_000

    def seconds(self, variable: str) -> float | None:
        """Return seconds, from 1 to MAX_TIMEOUT_SECONDS."""
        text = self.text(variable)
        if not text:
            return None
        if not (_DECIMAL.fullmatch(text) and 1 <= float(text) <= MAX_TIMEOUT_SECONDS):
            limit = int(MAX_TIMEOUT_SECONDS)
            message = f"{label_of(variable)} must be seconds from 1 to {limit}, not {shown(text)}."
            raise SettingsError(message)
        return float(text)

    def one_of[E: StrEnum](self, variable: str, default: E, choices: Callable[[str], E]) -> E:
        """Return the member that the form names."""
        text = self.text(variable)
        try:
            return choices(text) if text else default
        except ValueError:
            allowed = ", ".join(type(default))
            message = f"{label_of(variable)} must be one of {allowed}, not {shown(text)}."
            raise SettingsError(message) from None

    def some_of[E: StrEnum](self, variable: str, choices: type[E]) -> frozenset[E]:
        """Return the members that the form names, separated by commas."""
        words = [word.strip().lower() for word in _SEPARATORS.split(self.text(variable))]
        try:
            return frozenset(choices(word) for word in words if word)
        except ValueError:
            allowed = ", ".join(choices)
            message = (
                f"{label_of(variable)} must be some of {allowed}, separated by commas, not "
                f"{shown(self.text(variable))}."
            )
            raise SettingsError(message) from None

    def names(self, variable: str) -> tuple[str, ...]:
        """Return words separated by commas of any keyboard, semicolons or line breaks, each once."""
        words = map(str.strip, _SEPARATORS.split(self.text(variable, MAX_LIST_CHARACTERS)))
        return tuple(dict.fromkeys(word for word in words if word))

    def json_object(self, variable: str, example: str) -> dict[str, Json]:
        """Return a JSON object, empty if the field was left blank."""
        return parse_json_object(variable, self.text(variable), example)

    def certificates(self, variable: str) -> str:
        """Return certificates as PEM, "" if the field was left blank."""
        text = self.text(variable, MAX_CERTIFICATE_CHARACTERS)
        if not text:
            return ""
        certificates = _certificates(text)
        if not certificates:
            message = (
                f"{label_of(variable)} must be PEM, from -----BEGIN CERTIFICATE----- to "
                "-----END CERTIFICATE-----, or base64 of it."
            )
            raise SettingsError(message)
        return certificates

    def header_value(self, variable: str) -> str | None:
        """Return what can be the value of a header."""
        text = self.text(variable)
        if text and not _HEADER_VALUE.fullmatch(text):
            message = (
                f"{label_of(variable)} holds a character that cannot be sent ({_first_foreign(text)}); paste "
                "it again."
            )
            raise SettingsError(message)
        return text or None

    def key(self, variable: str) -> str | None:
        """Return an API key; the word before it in a header, pasted with it, is taken away."""
        value = self.header_value(variable)
        return value and (_SCHEME.sub("", value) or None)

    def keys(self, variable: str) -> tuple[tuple[str, str], ...]:
        """Return (name, key) pairs from a JSON object; the names are texts that apps give."""
        self.json_object(variable, _KEYS_EXAMPLE)
        told = json.loads(self.text(variable) or "{}", object_pairs_hook=list)
        pairs = tuple((name.strip(), _bare_key(key)) for name, key in told)
        names = [name for name, _ in pairs]
        if twice := next((name for name in names if names.count(name) > 1), None):
            message = (
                f"{label_of(variable)} has {shown(twice)} twice: give each key a name of its own."
            )
            raise SettingsError(message)
        if not all(0 < len(name) <= MAX_KEY_NAME and key for name, key in pairs):
            message = (
                f"{label_of(variable)} must be a JSON object of names (up to {MAX_KEY_NAME} characters) and LiteLLM's keys, such as "
                f"{_KEYS_EXAMPLE}."
            )
            raise SettingsError(message)
        return pairs

    def headers(self, variable: str) -> tuple[tuple[str, str], ...]:
        """Return (name, value) pairs from a JSON object of texts."""
        example = '{"x-team": "search"}'
        parsed = self.json_object(variable, example)
        for name, value in parsed.items():
            is_text = isinstance(value, str) and _HEADER_VALUE.fullmatch(value)
            if not (is_text and _HEADER_NAME.fullmatch(name)):
                message = (
                    f"{label_of(variable)} must be a JSON object of ASCII texts such as {example}."
                )
                raise SettingsError(message)
            if name.lower() in _HEADERS_OF_THE_CONNECTION:
                message = f"{label_of(variable)} cannot set {name}: the connection sets it."
                raise SettingsError(message)
        return tuple(parsed.items())


def _bare_key(value: Json) -> str:
    """Return an API key as it is sent, "" for what cannot be one."""
    key = _SCHEME.sub("", value.strip()) if isinstance(value, str) else ""
    return key if _HEADER_VALUE.fullmatch(key) else ""


def parse_json_object(variable: str, text: str, example: str) -> dict[str, Json]:
    """Return a JSON object, empty for a blank text; raise SettingsError that names the field."""
    text = text.strip()
    if not text:
        return {}
    if len(text) > MAX_JSON_CHARACTERS:
        message = (
            f"{label_of(variable)} must be a JSON object of at most {MAX_JSON_CHARACTERS} characters, not "
            f"{len(text)}."
        )
        raise SettingsError(message)
    try:
        parsed = json.loads(text, parse_constant=_no_json, parse_float=_finite)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        message = f"{label_of(variable)} must be a JSON object such as {example}."
        raise SettingsError(message)
    return parsed


def _no_json(constant: str) -> Json:
    """Refuse NaN and Infinity, which Python reads and no server does."""
    raise ValueError(constant)


def _finite(number: str) -> float:
    """Refuse 1e999, which Python reads as Infinity."""
    if not math.isfinite(float(number)):
        raise ValueError(number)
    return float(number)


@lru_cache(maxsize=32)
def _certificates(text: str) -> str:
    """Return certificates as PEM that a TLS library takes, "" if there is none among the text.

    A form's one-line field takes the line breaks out of PEM; they are put back.
    """
    if "-----BEGIN" not in text:
        try:
            text = base64.b64decode(text, validate=False).decode("ascii")
        except (binascii.Error, UnicodeError, ValueError):
            return ""
    bodies = [_NO_BASE64.sub("", body) for body in _CERTIFICATE.findall(text)]
    pem = "".join(
        "\n".join(["-----BEGIN CERTIFICATE-----", *wrap(body, 64), "-----END CERTIFICATE-----", ""])
        for body in bodies
    )
    if not pem.isascii():
        return ""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError):
        return ""
    return pem


def shown(text: str) -> str:
    """Return a malformed value for its sentence; a long one may be a key in the wrong field.

    Characters that nobody sees are told by their names.
    """
    unseen = {_name(character) for character in text if _is_unseen(character)}
    hint = f", with unseen characters ({', '.join(sorted(unseen))})" if unseen else ""
    if len(text) <= _MAX_SHOWN:
        return f'"{without_unseen(text)}"{hint}'
    return f"a text of {len(text)} characters{hint}"


def without_unseen(text: str) -> str:
    """Return a pasted text without the characters that nobody sees, such as zero-width spaces."""
    return "".join(character for character in text if not _is_unseen(character))


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN_CATEGORIES


def _first_foreign(text: str) -> str:
    foreign = next((c for c in text if not (" " <= c <= "~" or c == "\t")), " ")
    return "a line break" if foreign in "\r\n" else _name(foreign)


def _name(character: str) -> str:
    return unicodedata.name(character, f"U+{ord(character):04X}")
