"""Form and facts → the schema that Dify shows. The form wins; unknown gets a safe default."""

from decimal import Decimal

from dify_plugin.entities import I18nObject
from dify_plugin.entities.model import (
    AIModelEntity,
    FetchFrom,
    ModelFeature,
    ModelPropertyKey,
    ModelType,
    ParameterRule,
    ParameterType,
    PriceConfig,
)

from litellm_proxy.wire.model_info import COMPLETION_MODE
from translation import texts
from translation.facts import ModelFacts
from translation.settings import Choice, Mode, Settings

DEFAULT_CONTEXT_SIZE = 4096
DEFAULT_MAX_TOKENS = 4096
DEFAULT_MAX_CHUNKS = 16
PRICE_UNIT = Decimal("0.000001")
"""Dify is given prices per million tokens."""


def llm_schema(model: str, settings: Settings, facts: ModelFacts) -> AIModelEntity:
    """Return the schema of an LLM; `model` is the name that Dify knows it by."""
    return _entity(
        model,
        settings,
        facts,
        ModelType.LLM,
        features=_features(settings, facts),
        model_properties={
            ModelPropertyKey.MODE: mode_of(settings, facts).value,
            ModelPropertyKey.CONTEXT_SIZE: context_size_of(settings, facts),
        },
        parameter_rules=_parameter_rules(settings, facts),
    )


def text_embedding_schema(model: str, settings: Settings, facts: ModelFacts) -> AIModelEntity:
    """Return the schema of an embedding model; MAX_CHUNKS is what one request will hold."""
    return _entity(
        model,
        settings,
        facts,
        ModelType.TEXT_EMBEDDING,
        features=[],
        model_properties={
            ModelPropertyKey.CONTEXT_SIZE: context_size_of(settings, facts),
            ModelPropertyKey.MAX_CHUNKS: max_chunks_of(settings),
        },
        parameter_rules=[],
    )


def mode_of(settings: Settings, facts: ModelFacts) -> Mode:
    """Return CHAT or COMPLETION: the form's, else the proxy's, else CHAT."""
    if settings.mode is not Mode.AUTO:
        return settings.mode
    return Mode.COMPLETION if facts.mode == COMPLETION_MODE else Mode.CHAT


def context_size_of(settings: Settings, facts: ModelFacts) -> int:
    """Return the context size in tokens: the form's, else the proxy's, else 4096."""
    return settings.context_size or facts.context_size or DEFAULT_CONTEXT_SIZE


def max_chunks_of(settings: Settings) -> int:
    """Return how many texts one embedding request holds."""
    return settings.max_chunks or DEFAULT_MAX_CHUNKS


def chosen(choice: Choice, fact: bool | None) -> bool:  # noqa: FBT001
    """Return the user's yes or no, else what the proxy knows, else no."""
    return choice is Choice.YES or (choice is Choice.AUTO and fact is True)


def _entity(  # noqa: PLR0913
    model: str,
    settings: Settings,
    facts: ModelFacts,
    model_type: ModelType,
    *,
    features: list[ModelFeature],
    model_properties: dict[ModelPropertyKey, object],
    parameter_rules: list[ParameterRule],
) -> AIModelEntity:
    return AIModelEntity(
        model=model,
        label=I18nObject(en_us=settings.label),
        model_type=model_type,
        features=features,
        fetch_from=FetchFrom.CUSTOMIZABLE_MODEL,
        model_properties=model_properties,
        parameter_rules=parameter_rules,
        pricing=_pricing(facts),
    )


def _pricing(facts: ModelFacts) -> PriceConfig | None:
    if facts.input_price is None:
        return None
    return PriceConfig(
        input=facts.input_price / PRICE_UNIT,
        output=None if facts.output_price is None else facts.output_price / PRICE_UNIT,
        unit=PRICE_UNIT,
        currency="USD",
    )


def _features(settings: Settings, facts: ModelFacts) -> list[ModelFeature]:
    tools = chosen(settings.function_calling, facts.function_calling)
    table = {
        ModelFeature.TOOL_CALL: tools,
        ModelFeature.STREAM_TOOL_CALL: tools,
        ModelFeature.MULTI_TOOL_CALL: tools and facts.parallel_function_calling is not False,
        ModelFeature.VISION: chosen(settings.vision, facts.vision),
        ModelFeature.AGENT_THOUGHT: chosen(settings.reasoning, facts.reasoning),
        ModelFeature.STRUCTURED_OUTPUT: chosen(settings.structured_output, None),
    }
    return [feature for feature, has_it in table.items() if has_it]


def _parameter_rules(settings: Settings, facts: ModelFacts) -> list[ParameterRule]:
    takes = facts.supported_params
    structured = chosen(settings.structured_output, None)
    reasoning = chosen(settings.reasoning, facts.reasoning)
    rules = [
        _number("temperature", texts.TEMPERATURE, texts.TEMPERATURE_HELP, 0, 2),
        _number("top_p", texts.TOP_P, texts.TOP_P_HELP, 0, 1),
        ParameterRule(
            name="max_tokens",
            label=texts.MAX_TOKENS,
            help=texts.MAX_TOKENS_HELP,
            type=ParameterType.INT,
            min=1,
            max=settings.max_tokens or facts.max_output_tokens or DEFAULT_MAX_TOKENS,
            precision=0,
        ),
        _number("presence_penalty", texts.PRESENCE_PENALTY, texts.PRESENCE_PENALTY_HELP, -2, 2),
        _number("frequency_penalty", texts.FREQUENCY_PENALTY, texts.FREQUENCY_PENALTY_HELP, -2, 2),
        ParameterRule(
            name="seed",
            label=texts.SEED,
            help=texts.SEED_HELP,
            type=ParameterType.INT,
            min=0,
            max=2**31 - 1,
            precision=0,
        ),
        ParameterRule(
            name="response_format",
            label=texts.RESPONSE_FORMAT,
            help=texts.RESPONSE_FORMAT_HELP,
            type=ParameterType.STRING,
            options=["text", "json_object", *(["json_schema"] if structured else [])],
        ),
    ]
    rules = [rule for rule in rules if takes is None or rule.name in takes]
    if structured:
        rules.append(
            ParameterRule(
                name="json_schema",
                label=texts.JSON_SCHEMA,
                help=texts.JSON_SCHEMA_HELP,
                type=ParameterType.TEXT,
            )
        )
    if reasoning:
        rules.append(
            ParameterRule(
                name="reasoning_effort",
                label=texts.REASONING_EFFORT,
                help=texts.REASONING_EFFORT_HELP,
                type=ParameterType.STRING,
                options=["low", "medium", "high"],
            )
        )
    return rules


def _number(
    name: str, label: I18nObject, help_text: I18nObject, lowest: float, highest: float
) -> ParameterRule:
    return ParameterRule(
        name=name,
        label=label,
        help=help_text,
        type=ParameterType.FLOAT,
        min=lowest,
        max=highest,
        precision=2,
    )
