"""Build the rules for a model's parameters in an app: names, types and bounds."""

from collections.abc import Iterator, Sequence

from dify_plugin.entities import I18nObject
from dify_plugin.entities.model import ParameterRule, ParameterType

from litellm_proxy.wire.model_info import RESPONSES_MODE
from translation.facts import parameter_texts as texts
from translation.facts.model_view import DEFAULT_MAX_TOKENS, ModelView
from translation.form.settings import Mode, Override

EXTRA_BODY = "extra_body"
"""The app's extra fields, as a text parameter."""
END_USER = "end_user"
TAGS = "tags"
SESSION = "session"
KEY = "key"
OF_THE_APP = frozenset({EXTRA_BODY, END_USER, TAGS, SESSION, KEY})
"""Text parameters for LiteLLM, not for the model."""
WEB_SEARCH = "web_search"
SEARCH_CONTEXT = "search_context_size"
REASONING_SUMMARY = "reasoning_summary"
THINKING_BUDGET = "thinking_budget"
VOICE = "voice"
LONG_RUNS = "long_runs"
_WITH_BACKGROUND = frozenset({"openai", "azure"})
"""Providers whose Responses API has a background mode."""
DEFAULT_REASONING_EFFORTS = ("low", "medium", "high")
_MIN_THINKING = 1024
"""Anthropic rejects a smaller budget (LiteLLM 1.106)."""


def parameter_rules(view: ModelView) -> list[ParameterRule]:
    """Return the rules, without parameters known to be unsupported.

    A default is the value that Dify's page shows when a person turns a parameter on (without a
    default, the minimum). A parameter that is off is not sent.
    """
    if view.mode is Mode.IMAGE:
        return [*_OF_IMAGES, *_keys(view), *_FOR_LITELLM]
    chat = view.mode is Mode.CHAT
    structured = chat and view.offers_structured_output
    effort = (
        chat
        and view.reasons
        and (view.settings.reasoning is Override.YES or view.may_support("reasoning_effort"))
    )
    asked_for = view.settings.structured_output is Override.YES
    response_format = chat and (asked_for or view.may_support("response_format"))
    rules: list[ParameterRule] = [rule for rule in _COMMON if view.may_support(rule.name)]
    if view.may_support("max_tokens") or view.may_support("max_completion_tokens"):
        rules.insert(0, _max_tokens(view.max_output_tokens))
    if effort:
        rules.append(_reasoning_effort(view.facts.reasoning_efforts or DEFAULT_REASONING_EFFORTS))
    if chat:
        rules += _special_rules(view)
    if response_format:
        rules.append(_RESPONSE_FORMAT_WITH_SCHEMA if structured else _RESPONSE_FORMAT)
    if chat:
        # For a model that does not follow schemas, the schema is in the prompt.
        rules.append(_JSON_SCHEMA)
    return [*rules, *_keys(view), *_FOR_LITELLM]


def _keys(view: ModelView) -> list[ParameterRule]:
    return [_KEY] if view.settings.keys else []


def _special_rules(view: ModelView) -> Iterator[ParameterRule]:
    """Yield rules for parameters of few models, only where LiteLLM reports support."""
    if view.facts.mode == RESPONSES_MODE and view.facts.provider in _WITH_BACKGROUND:
        yield _LONG_RUNS
    if view.reasons:
        if view.facts.mode == RESPONSES_MODE:
            yield _REASONING_SUMMARY
        if view.is_listed("thinking"):
            yield _thinking_budget(view.max_output_tokens or DEFAULT_MAX_TOKENS)
    if view.is_listed("verbosity"):
        yield _VERBOSITY
    if view.facts.audio_output and view.is_listed("audio"):
        yield _VOICE
    if view.facts.web_search and view.is_listed("web_search_options"):
        yield from _SEARCHING


def _number(  # noqa: PLR0913, PLR0917 - the parts of a rule
    name: str,
    label: I18nObject,
    help_text: I18nObject,
    lowest: float,
    neutral: float,
    highest: float,
) -> ParameterRule:
    return ParameterRule(
        name=name,
        label=label,
        help=help_text,
        type=ParameterType.FLOAT,
        min=lowest,
        default=neutral,
        max=highest,
        precision=2,
    )


def _whole_number(  # noqa: PLR0913, PLR0917 - the parts of a rule
    name: str,
    label: I18nObject,
    help_text: I18nObject,
    lowest: int,
    neutral: int,
    highest: int | None,
) -> ParameterRule:
    return ParameterRule(
        name=name,
        label=label,
        help=help_text,
        type=ParameterType.INT,
        min=lowest,
        default=neutral,
        max=highest,
        precision=0,
    )


def _line(name: str, label: I18nObject, help_text: I18nObject) -> ParameterRule:
    """Return a rule for one line of text.

    For TEXT, Dify's page shows an area of 80 pixels.
    """
    return ParameterRule(name=name, label=label, help=help_text, type=ParameterType.STRING)


def _text(name: str, label: I18nObject, help_text: I18nObject) -> ParameterRule:
    return ParameterRule(name=name, label=label, help=help_text, type=ParameterType.TEXT)


def _option(
    name: str, label: I18nObject, help_text: I18nObject, options: Sequence[str]
) -> ParameterRule:
    return ParameterRule(
        name=name, label=label, help=help_text, type=ParameterType.STRING, options=list(options)
    )


def _switch(name: str, label: I18nObject, help_text: I18nObject) -> ParameterRule:
    """Return a boolean rule that is true when turned on."""
    return ParameterRule(
        name=name, label=label, help=help_text, type=ParameterType.BOOLEAN, default=True
    )


def _max_tokens(highest: int | None) -> ParameterRule:
    neutral = min(DEFAULT_MAX_TOKENS, highest or DEFAULT_MAX_TOKENS)
    return _whole_number("max_tokens", texts.MAX_TOKENS, texts.MAX_TOKENS_HELP, 1, neutral, highest)


def _reasoning_effort(levels: Sequence[str]) -> ParameterRule:
    return _option("reasoning_effort", texts.REASONING_EFFORT, texts.REASONING_EFFORT_HELP, levels)


def _thinking_budget(most_tokens: int) -> ParameterRule:
    highest = max(most_tokens - 1, _MIN_THINKING)
    return _whole_number(
        THINKING_BUDGET, texts.THINKING_BUDGET, texts.THINKING_BUDGET_HELP,
        _MIN_THINKING, _MIN_THINKING, highest,
    )  # fmt: skip


# The ranges are those of the OpenAI API; the SDK's templates would limit them to 1.
_COMMON = (
    _number("temperature", texts.TEMPERATURE, texts.TEMPERATURE_HELP, 0, 1, 2),
    _number("top_p", texts.TOP_P, texts.TOP_P_HELP, 0, 1, 1),
    _number("presence_penalty", texts.PRESENCE_PENALTY, texts.PRESENCE_PENALTY_HELP, -2, 0, 2),
    _number("frequency_penalty", texts.FREQUENCY_PENALTY, texts.FREQUENCY_PENALTY_HELP, -2, 0, 2),
    # Some servers treat a seed of 0 as no seed.
    _whole_number("seed", texts.SEED, texts.SEED_HELP, 0, 1, 2**31 - 1),
)
# Not JSON or XML: for these options the SDK changes the prompt (dify-plugin 0.10).
_RESPONSE_FORMAT = _option(
    "response_format",
    texts.RESPONSE_FORMAT,
    texts.RESPONSE_FORMAT_HELP,
    ("text", "json_object"),
)
_RESPONSE_FORMAT_WITH_SCHEMA = _option(
    "response_format",
    texts.RESPONSE_FORMAT,
    texts.RESPONSE_FORMAT_HELP,
    ("text", "json_object", "json_schema"),
)
_REASONING_SUMMARY = _option(
    REASONING_SUMMARY,
    texts.REASONING_SUMMARY,
    texts.REASONING_SUMMARY_HELP,
    ("auto", "concise", "detailed"),
)
_SIZES = ("low", "medium", "high")
_VERBOSITY = _option("verbosity", texts.VERBOSITY, texts.VERBOSITY_HELP, _SIZES)
_VOICE = _text(VOICE, texts.VOICE, texts.VOICE_HELP)
_LONG_RUNS = _switch(LONG_RUNS, texts.LONG_RUNS, texts.LONG_RUNS_HELP)
_SEARCHING = (
    _switch(WEB_SEARCH, texts.WEB_SEARCH, texts.WEB_SEARCH_HELP),
    _option(SEARCH_CONTEXT, texts.SEARCH_CONTEXT, texts.SEARCH_CONTEXT_HELP, _SIZES),
)
RELEVANT_PARAMETERS = frozenset(
    {rule.name for rule in _COMMON}
    | {
        "max_tokens",
        "max_completion_tokens",
        "reasoning_effort",
        "response_format",
        "tools",
        "stop",
    }
    | {"thinking", "verbosity", "web_search_options", "audio"}
)
"""Chat parameters whose support changes the schema or the request."""
_JSON_SCHEMA = _text("json_schema", texts.JSON_SCHEMA, texts.JSON_SCHEMA_HELP)
_OF_IMAGES = (
    _text("size", texts.IMAGE_SIZE, texts.IMAGE_SIZE_HELP),
    _text("quality", texts.IMAGE_QUALITY, texts.IMAGE_QUALITY_HELP),
    _text("style", texts.IMAGE_STYLE, texts.IMAGE_STYLE_HELP),
    _option(
        "background",
        texts.IMAGE_BACKGROUND,
        texts.IMAGE_BACKGROUND_HELP,
        ("auto", "transparent", "opaque"),
    ),
    _option("output_format", texts.IMAGE_FORMAT, texts.IMAGE_FORMAT_HELP, ("png", "jpeg", "webp")),
)
"""LiteLLM does not report which of these a model supports, nor their values."""
IMAGE_PARAMETERS = tuple(rule.name for rule in _OF_IMAGES)
_KEY = _line(KEY, texts.KEY, texts.KEY_HELP)
_FOR_LITELLM = (
    _line(END_USER, texts.END_USER, texts.END_USER_HELP),
    _line(TAGS, texts.TAGS, texts.TAGS_HELP),
    _line(SESSION, texts.SESSION, texts.SESSION_HELP),
    _text(EXTRA_BODY, texts.EXTRA_BODY, texts.EXTRA_BODY_HELP),
)
"""Dify resolves variables in these texts, in workflows and chatflows."""
