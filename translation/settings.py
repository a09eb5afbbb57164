"""The form's strings → frozen, typed settings. Strings become values here and nowhere else."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import httpx

from litellm_proxy.settings import DEFAULT_TIMEOUT_SECONDS, ProxySettings

MAX_TIMEOUT_SECONDS = DEFAULT_TIMEOUT_SECONDS
MAX_DISPLAY_NAME = 255
MAX_NAMES_CHARACTERS = 2000
DEFAULT_VOICES = ("alloy", "echo", "fable", "onyx", "nova", "shimmer")
"""Those of OpenAI's first speech models, which later ones have too."""
MAX_TEXTS_PER_REQUEST = 2048
_MAX_NUMBER = 1_000_000_000
_LONGEST_SHOWN = 20
_DIGITS = re.compile(r"[0-9]{1,12}")
_MAX_PRICE = 1_000_000
_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
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


class SettingsError(ValueError):
    """A form value is malformed; the text names the field and says what it should look like."""


class Choice(StrEnum):
    """Whether a capability is taken from the proxy or set by the user."""

    AUTO = "auto"
    YES = "yes"
    NO = "no"


class Mode(StrEnum):
    """Which endpoint an LLM is asked through; AUTO follows the proxy."""

    AUTO = "auto"
    CHAT = "chat"
    COMPLETION = "completion"


class Citations(StrEnum):
    """What becomes of the web pages that an answer names as its sources."""

    OFF = "off"
    APPEND = "append"


class Normalisation(StrEnum):
    """How rerank scores are brought to the range of a threshold."""

    NONE = "none"
    SIGMOID = "sigmoid"
    MIN_MAX = "min-max"


class AudioFormat(StrEnum):
    """How speech is written; all of these can be joined end to end."""

    MP3 = "mp3"
    AAC = "aac"
    OPUS = "opus"


class LongTexts(StrEnum):
    """What becomes of a text that is too long to be embedded."""

    REFUSE = "refuse"
    CUT = "cut"


class InputType(StrEnum):
    """A kind of input that the user says the model takes."""

    AUDIO = "audio"
    DOCUMENT = "document"
    VIDEO = "video"


class Detail(StrEnum):
    """Whether the form's custom group counts."""

    AUTOMATIC = "automatic"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Settings:
    """One model as its form describes it; None and AUTO mean "ask the proxy".

    `model` is the name on the proxy, `label` the name shown in Dify. Sizes are in tokens,
    `dimensions` is the length of a vector, `max_chunks` the number of texts in one request, and
    prices are in USD per token (the form has them per million).
    """

    proxy: ProxySettings
    model: str
    label: str
    mode: Mode = Mode.AUTO
    context_size: int | None = None
    max_tokens: int | None = None
    vision: Choice = Choice.AUTO
    function_calling: Choice = Choice.AUTO
    structured_output: Choice = Choice.AUTO
    reasoning: Choice = Choice.AUTO
    input_types: frozenset[InputType] = frozenset()
    append_sources: bool = False
    input_price: Decimal | None = None
    output_price: Decimal | None = None
    max_chunks: int | None = None
    dimensions: int | None = None
    cut_long_texts: bool = False
    score_normalisation: Normalisation = Normalisation.NONE
    voices: tuple[str, ...] = DEFAULT_VOICES
    audio_format: AudioFormat = AudioFormat.MP3


def parse_settings(model: str, credentials: Mapping[str, object]) -> Settings:
    """Return the settings of one model; raise SettingsError at the first malformed value.

    Dify sends every value as a string and leaves absent fields out. Blank means absent. Fields of
    the custom group count only when `settings` is `custom`.
    """
    read = _Reader(credentials)
    custom = read.one_of("settings", Detail.AUTOMATIC, Detail) is Detail.CUSTOM
    extra = read if custom else _Reader({})
    return Settings(
        proxy=ProxySettings(
            base_url=_base_url(read.text("base_url")),
            api_key=read.header_value("api_key"),
            extra_headers=extra.headers("extra_headers"),
            timeout=extra.seconds("timeout") or DEFAULT_TIMEOUT_SECONDS,
        ),
        model=extra.text("proxy_model_name") or model,
        label=extra.text("display_name", MAX_DISPLAY_NAME) or model,
        mode=read.one_of("mode", Mode.AUTO, Mode),
        context_size=read.number("context_size", "tokens, such as 128000"),
        max_tokens=read.number("max_tokens", "tokens, such as 4096"),
        vision=read.one_of("vision", Choice.AUTO, Choice),
        function_calling=extra.one_of("function_calling", Choice.AUTO, Choice),
        structured_output=extra.one_of("structured_output", Choice.AUTO, Choice),
        reasoning=extra.one_of("reasoning", Choice.AUTO, Choice),
        input_types=extra.some_of("input_types", InputType),
        append_sources=extra.one_of("citations", Citations.OFF, Citations) is Citations.APPEND,
        input_price=extra.price("input_price"),
        output_price=extra.price("output_price"),
        max_chunks=extra.number(
            "max_chunks", "texts per request, such as 16", MAX_TEXTS_PER_REQUEST
        ),
        dimensions=extra.number("dimensions", "numbers per vector, such as 1024"),
        voices=extra.names("voices") or DEFAULT_VOICES,
        audio_format=extra.one_of("audio_format", AudioFormat.MP3, AudioFormat),
        score_normalisation=extra.one_of("score_normalization", Normalisation.NONE, Normalisation),
        cut_long_texts=extra.one_of("long_texts", LongTexts.REFUSE, LongTexts) is LongTexts.CUT,
    )


class _Reader:
    """Reads one form; each method raises SettingsError in the words of the form."""

    def __init__(self, credentials: Mapping[str, object]) -> None:
        self._credentials = credentials

    def text(self, variable: str, longest: int | None = None) -> str:
        value = self._credentials.get(variable)
        text = "" if value is None else str(value).strip()
        if longest and len(text) > longest:
            message = f"{variable} must have at most {longest} characters, not {len(text)}."
            raise SettingsError(message)
        return text

    def number(self, variable: str, unit: str, highest: int = _MAX_NUMBER) -> int | None:
        text = self.text(variable)
        if not text:
            return None
        if not (_DIGITS.fullmatch(text) and 0 < int(text) <= highest):
            message = f"{variable} must be a whole number of {unit}, not {_shown(text)}."
            raise SettingsError(message)
        return int(text)

    def price(self, variable: str) -> Decimal | None:
        text = self.text(variable)
        if not text:
            return None
        if not (_DECIMAL.fullmatch(text) and Decimal(text) <= _MAX_PRICE):
            message = f"{variable} must be USD per million tokens such as 2.50, not {_shown(text)}."
            raise SettingsError(message)
        return Decimal(text) / 1_000_000

    def seconds(self, variable: str) -> float | None:
        text = self.text(variable)
        if not text:
            return None
        if not (_DECIMAL.fullmatch(text) and 0 < float(text) <= MAX_TIMEOUT_SECONDS):
            limit = int(MAX_TIMEOUT_SECONDS)
            message = f"{variable} must be seconds from 1 to {limit}, not {_shown(text)}."
            raise SettingsError(message)
        return float(text)

    def one_of[E: StrEnum](self, variable: str, default: E, choices: Callable[[str], E]) -> E:
        text = self.text(variable)
        try:
            return choices(text) if text else default
        except ValueError:
            allowed = ", ".join(type(default))
            message = f"{variable} must be one of {allowed}, not {_shown(text)}."
            raise SettingsError(message) from None

    def some_of[E: StrEnum](self, variable: str, choices: type[E]) -> frozenset[E]:
        words = [word.strip().lower() for word in self.text(variable).split(",")]
        try:
            return frozenset(choices(word) for word in words if word)
        except ValueError:
            allowed = ", ".join(choices)
            message = (
                f"{variable} must be some of {allowed}, separated by commas, not "
                f"{_shown(self.text(variable))}."
            )
            raise SettingsError(message) from None

    def names(self, variable: str) -> tuple[str, ...]:
        words = (word.strip() for word in self.text(variable, MAX_NAMES_CHARACTERS).split(","))
        return tuple(dict.fromkeys(word for word in words if word))

    def header_value(self, variable: str) -> str | None:
        text = self.text(variable)
        if text and not _HEADER_VALUE.fullmatch(text):
            message = (
                f"{variable} holds a character that cannot be sent (a line break, or a letter "
                "outside ASCII); paste it again."
            )
            raise SettingsError(message)
        return text or None

    def headers(self, variable: str) -> tuple[tuple[str, str], ...]:
        text = self.text(variable)
        if not text:
            return ()
        example = 'a JSON object of text values such as {"x-team": "search"}'
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            parsed = None
        if not isinstance(parsed, dict) or not all(isinstance(v, str) for v in parsed.values()):
            message = f"{variable} must be {example}."
            raise SettingsError(message)
        for name, value in parsed.items():
            if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
                message = f"{variable} must be {example}, with ASCII characters only."
                raise SettingsError(message)
            if name.lower() in _HEADERS_OF_THE_CONNECTION:
                message = f"{variable} cannot set {name}: the connection sets it."
                raise SettingsError(message)
        return tuple(parsed.items())


def _base_url(text: str) -> str:
    """Return scheme, host and path prefix; one trailing `/v1` goes, the endpoints bring it."""
    example = "such as http://litellm:4000 or https://gateway.example.com/llm"
    if not text:
        message = f"base_url is missing: give the URL of the LiteLLM proxy, {example}."
        raise SettingsError(message)
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, UnicodeError):
        url = httpx.URL()
    if url.scheme not in {"http", "https"} or not url.host:
        message = f"base_url must be a URL {example}, not {_shown(text)}."
        raise SettingsError(message)
    if url.userinfo or url.query or url.fragment:
        message = f"base_url must be a plain URL {example}: without a password, ? or #."
        raise SettingsError(message)
    return str(url).rstrip("/").removesuffix("/v1").rstrip("/")


def _shown(text: str) -> str:
    """Return a malformed value for its sentence; a long one may be a key in the wrong field."""
    return f'"{text}"' if len(text) <= _LONGEST_SHOWN else f"a text of {len(text)} characters"
