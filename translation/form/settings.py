"""Parse the form's strings into frozen, typed settings; other modules do not parse form values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from litellm_proxy.settings import DEFAULT_TIMEOUT_SECONDS, ProxySettings, TLSSettings
from litellm_proxy.wire.reading import Json
from translation.form.base_url import base_url
from translation.form.caller_headers import fixed_parts, separated
from translation.form.reader import FormReader

MAX_DISPLAY_NAME = 255
DEFAULT_VOICES = ("alloy", "echo", "fable", "onyx", "nova", "shimmer")
"""The voices of OpenAI's first speech models; later models have them too."""
MAX_TEXTS_PER_REQUEST = 2048
NO_TAG_OF_THE_APP = "-dify-app"
"""This tag in a form turns off the tag with the app's id."""
EXTRA_BODY_EXAMPLE = '{"guardrails": ["pii"]}'


class Override(StrEnum):
    """Whether a capability is the proxy's (AUTO) or the form's."""

    AUTO = "auto"
    YES = "yes"
    NO = "no"


class Mode(StrEnum):
    """The endpoint for an LLM; AUTO follows the proxy, IMAGE generates images."""

    AUTO = "auto"
    CHAT = "chat"
    COMPLETION = "completion"
    IMAGE = "image"


class Citations(StrEnum):
    """Whether cited web pages are appended to the answer's text."""

    OFF = "off"
    APPEND = "append"


class Normalisation(StrEnum):
    """How rerank scores are normalised."""

    NONE = "none"
    SIGMOID = "sigmoid"
    MIN_MAX = "min-max"


class AudioFormat(StrEnum):
    """The format of speech.

    AUTO is MP3, or WAV if a model does not support MP3.
    """

    AUTO = "auto"
    MP3 = "mp3"
    AAC = "aac"
    OPUS = "opus"
    WAV = "wav"


class LongTexts(StrEnum):
    """Whether a text that is too long is rejected or cut."""

    REFUSE = "refuse"
    CUT = "cut"


class EndUser(StrEnum):
    """How a request names the end user: id, hash, or not."""

    RAW = "raw"
    HASHED = "hashed"
    OFF = "off"


class YesNo(StrEnum):
    """The values of a switch."""

    YES = "yes"
    NO = "no"


class PromptCaching(StrEnum):
    """Whether requests ask providers to cache prompts."""

    OFF = "off"
    AUTO = "auto"


class InputType(StrEnum):
    """A type of input that the form enables for the model."""

    AUDIO = "audio"
    DOCUMENT = "document"
    VIDEO = "video"
    IMAGE = "image"


class SettingsSource(StrEnum):
    """Whether the fields of the form's custom group are used."""

    AUTOMATIC = "automatic"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one model; None and AUTO mean the proxy's value.

    `model` is the name on the proxy, `label` the name shown in Dify. Sizes are in tokens,
    `dimensions` is the length of a vector, `max_chunks` the number of texts in one request, and
    prices are in USD per token (in the form, per million). `tag_of_the_app`: calls are tagged with
    the app's id; `show_reasoning`: reasoning is part of the text; `keys`: names and keys that apps
    may select; `caller_headers`: headers with placeholders, filled in for each call.
    """

    proxy: ProxySettings
    model: str
    label: str
    mode: Mode = Mode.AUTO
    context_size: int | None = None
    max_tokens: int | None = None
    vision: Override = Override.AUTO
    function_calling: Override = Override.AUTO
    structured_output: Override = Override.AUTO
    reasoning: Override = Override.AUTO
    input_types: frozenset[InputType] = frozenset()
    append_sources: bool = False
    input_price: Decimal | None = None
    output_price: Decimal | None = None
    max_chunks: int | None = None
    dimensions: int | None = None
    cut_long_texts: bool = False
    score_normalisation: Normalisation = Normalisation.NONE
    voices: tuple[str, ...] = DEFAULT_VOICES
    audio_format: AudioFormat | None = None
    cache_prompts: bool = False
    drop_params: bool = False
    extra_body: Mapping[str, Json] = field(default_factory=dict, hash=False)
    end_user: EndUser = EndUser.RAW
    caller_headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    tags: tuple[str, ...] = ()
    tag_of_the_app: bool = True
    show_reasoning: bool = True
    keys: tuple[tuple[str, str], ...] = field(default=(), repr=False)


def parse_settings(model: str, credentials: Mapping[str, object]) -> Settings:
    """Parse a model's form; raise SettingsError at the first malformed value.

    Dify sends every value as a string and omits absent fields. Blank means absent. Fields of the
    custom group are used only if `settings` is `custom`.
    """
    read = FormReader(credentials)
    custom = (
        read.one_of("settings", SettingsSource.AUTOMATIC, SettingsSource) is SettingsSource.CUSTOM
    )
    extra = read if custom else FormReader({})
    tags = extra.names("tags")
    keys = extra.keys("keys")
    input_price, output_price = extra.prices("input_price")
    headers, caller_headers = separated(extra.headers("extra_headers"))
    return Settings(
        proxy=ProxySettings(
            base_url=base_url(read.text("base_url")),
            api_key=read.key("api_key"),
            extra_headers=headers,
            timeout=extra.seconds("timeout") or DEFAULT_TIMEOUT_SECONDS,
            sends_timeout=bool(extra.seconds("timeout")),
            tls=TLSSettings(
                ca_certificates=extra.certificates("ca_certificate"),
                verify=extra.one_of("tls_verify", YesNo.YES, YesNo) is YesNo.YES,
            ),
            other_secrets=(*(key for _, key in keys), *fixed_parts(caller_headers)),
        ),
        model=extra.text("proxy_model_name") or model,
        label=extra.text("display_name", MAX_DISPLAY_NAME) or model,
        mode=read.one_of("mode", Mode.AUTO, Mode),
        context_size=read.number("context_size", "tokens, such as 128000"),
        max_tokens=read.number("max_tokens", "tokens, such as 4096"),
        vision=read.one_of("vision", Override.AUTO, Override),
        function_calling=extra.one_of("function_calling", Override.AUTO, Override),
        structured_output=extra.one_of("structured_output", Override.AUTO, Override),
        reasoning=extra.one_of("reasoning", Override.AUTO, Override),
        input_types=extra.some_of("input_types", InputType),
        append_sources=extra.one_of("citations", Citations.OFF, Citations) is Citations.APPEND,
        input_price=input_price,
        output_price=output_price,
        max_chunks=extra.number(
            "max_chunks", "texts per request, such as 16", MAX_TEXTS_PER_REQUEST
        ),
        dimensions=extra.number("dimensions", "numbers per vector, such as 1024"),
        voices=extra.names("voices") or DEFAULT_VOICES,
        audio_format=_format(extra.one_of("audio_format", AudioFormat.AUTO, AudioFormat)),
        score_normalisation=extra.one_of("score_normalization", Normalisation.NONE, Normalisation),
        cut_long_texts=extra.one_of("long_texts", LongTexts.REFUSE, LongTexts) is LongTexts.CUT,
        cache_prompts=extra.one_of("prompt_caching", PromptCaching.OFF, PromptCaching)
        is PromptCaching.AUTO,
        drop_params=extra.one_of("drop_params", YesNo.NO, YesNo) is YesNo.YES,
        extra_body=extra.json_object("extra_body", EXTRA_BODY_EXAMPLE),
        end_user=extra.one_of("end_user", EndUser.RAW, EndUser),
        caller_headers=caller_headers,
        tags=tuple(tag for tag in tags if tag != NO_TAG_OF_THE_APP),
        tag_of_the_app=NO_TAG_OF_THE_APP not in tags,
        show_reasoning=extra.one_of("show_reasoning", YesNo.YES, YesNo) is YesNo.YES,
        keys=keys,
    )


def _format(chosen: AudioFormat) -> AudioFormat | None:
    return None if chosen is AudioFormat.AUTO else chosen
