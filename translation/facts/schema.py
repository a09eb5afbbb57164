"""Form and facts → the schema that Dify shows. The form wins; unknown gets a safe default."""

from collections.abc import Mapping

from dify_plugin.entities import I18nObject
from dify_plugin.entities.model import (
    AIModelEntity,
    FetchFrom,
    ModelFeature,
    ModelPropertyKey,
    ModelType,
    ParameterRule,
    PriceConfig,
)
from dify_plugin.entities.model.llm import LLMMode

from translation.facts.capabilities import (
    calls_tools,
    chosen,
    context_size_of,
    has_reasoning,
    max_chunks_of,
    mode_of,
    offers_structured_output,
    takes_input,
)
from translation.facts.model_facts import ModelFacts
from translation.facts.parameter_rules import parameter_rules
from translation.facts.prices import PRICE_UNIT, Prices, per_million, prices_of
from translation.form.settings import AudioFormat, InputType, Mode, Settings

MAX_SPOKEN_CHARACTERS = 4096
"""What OpenAI's speech endpoint takes in one request."""
_DIFYS_MODES = {
    Mode.COMPLETION: LLMMode.COMPLETION,
    Mode.CHAT: LLMMode.CHAT,
    Mode.IMAGE: LLMMode.CHAT,
}
_SPOKEN_LANGUAGES = ("en-US", "zh-Hans", "ja-JP", "pt-BR", "de-DE", "fr-FR", "es-ES", "ko-KR")


def llm_schema(model: str, settings: Settings, facts: ModelFacts) -> AIModelEntity:
    """Return the schema of an LLM; `model` is the name that Dify knows it by."""
    return _entity(
        model,
        settings,
        ModelType.LLM,
        features=_features(settings, facts),
        properties={
            ModelPropertyKey.MODE: _DIFYS_MODES[mode_of(settings, facts)].value,
            ModelPropertyKey.CONTEXT_SIZE: context_size_of(settings, facts),
        },
        rules=parameter_rules(settings, facts),
        prices=prices_of(settings, facts),
    )


def text_embedding_schema(model: str, settings: Settings, facts: ModelFacts) -> AIModelEntity:
    """Return the schema of an embedding model; MAX_CHUNKS is what one request will hold."""
    return _entity(
        model,
        settings,
        ModelType.TEXT_EMBEDDING,
        features=_images(settings, facts),
        properties={
            ModelPropertyKey.CONTEXT_SIZE: context_size_of(settings, facts),
            ModelPropertyKey.MAX_CHUNKS: max_chunks_of(settings, facts),
        },
        rules=[],
        prices=prices_of(settings, facts),
    )


def rerank_schema(model: str, settings: Settings, facts: ModelFacts) -> AIModelEntity:
    """Return the schema of a rerank model."""
    return _entity(
        model,
        settings,
        ModelType.RERANK,
        features=_images(settings, facts),
        properties={ModelPropertyKey.CONTEXT_SIZE: context_size_of(settings, facts)},
        rules=[],
        prices=prices_of(settings, facts),
    )


def moderation_schema(model: str, settings: Settings, facts: ModelFacts) -> AIModelEntity:
    """Return the schema of a moderation model."""
    return _plain_schema(model, settings, facts, ModelType.MODERATION)


def speech2text_schema(model: str, settings: Settings, facts: ModelFacts) -> AIModelEntity:
    """Return the schema of a speech-to-text model; the upload limit is in MB."""
    properties = {
        ModelPropertyKey.FILE_UPLOAD_LIMIT: 25,
        ModelPropertyKey.SUPPORTED_FILE_EXTENSIONS: "flac,mp3,mp4,mpeg,mpga,m4a,ogg,wav,webm",
    }
    return _plain_schema(model, settings, facts, ModelType.SPEECH2TEXT, properties)


def tts_schema(model: str, settings: Settings, facts: ModelFacts) -> AIModelEntity:
    """Return the schema of a text-to-speech model; the word limit is in characters."""
    properties = {
        ModelPropertyKey.DEFAULT_VOICE: settings.voices[0],
        ModelPropertyKey.VOICES: [
            {"mode": voice, "name": voice, "language": list(_SPOKEN_LANGUAGES)}
            for voice in settings.voices
        ],
        ModelPropertyKey.WORD_LIMIT: MAX_SPOKEN_CHARACTERS,
        ModelPropertyKey.AUDIO_TYPE: (settings.audio_format or AudioFormat.MP3).value,
        ModelPropertyKey.MAX_WORKERS: 5,
    }
    return _plain_schema(model, settings, facts, ModelType.TTS, properties)


def _plain_schema(
    model: str,
    settings: Settings,
    facts: ModelFacts,
    model_type: ModelType,
    properties: Mapping[ModelPropertyKey, object] | None = None,
) -> AIModelEntity:
    return _entity(
        model,
        settings,
        model_type,
        features=[],
        properties=properties or {ModelPropertyKey.CONTEXT_SIZE: context_size_of(settings, facts)},
        rules=[],
        prices=prices_of(settings, facts),
    )


def _entity(  # noqa: PLR0913 - the parts of a schema
    model: str,
    settings: Settings,
    model_type: ModelType,
    *,
    features: list[ModelFeature],
    properties: Mapping[ModelPropertyKey, object],
    rules: list[ParameterRule],
    prices: Prices,
) -> AIModelEntity:
    return AIModelEntity(
        model=model,
        label=I18nObject(en_us=settings.label),
        model_type=model_type,
        features=features,
        fetch_from=FetchFrom.CUSTOMIZABLE_MODEL,
        model_properties=dict(properties),
        parameter_rules=rules,
        pricing=_pricing(prices),
    )


def _images(settings: Settings, facts: ModelFacts) -> list[ModelFeature]:
    return [ModelFeature.VISION] if takes_input(InputType.IMAGE, settings, facts) else []


def _pricing(prices: Prices) -> PriceConfig | None:
    if prices.input is None:
        return None
    return PriceConfig(
        input=per_million(prices.input),
        output=None if prices.output is None else per_million(prices.output),
        unit=PRICE_UNIT,
        currency="USD",
    )


def _features(settings: Settings, facts: ModelFacts) -> list[ModelFeature]:
    match mode_of(settings, facts):
        case Mode.COMPLETION:
            return []
        case Mode.IMAGE:
            # Which model changes images, LiteLLM does not tell.
            takes_images = chosen(settings.vision, facts.vision is not False)
            return [ModelFeature.VISION] if takes_images else []
        case _:
            pass
    tools = calls_tools(settings, facts)
    table = {
        ModelFeature.TOOL_CALL: tools,
        ModelFeature.STREAM_TOOL_CALL: tools,
        ModelFeature.MULTI_TOOL_CALL: tools and facts.parallel_function_calling is not False,
        ModelFeature.VISION: chosen(settings.vision, facts.vision)
        or InputType.IMAGE in settings.input_types,
        ModelFeature.DOCUMENT: takes_input(InputType.DOCUMENT, settings, facts),
        ModelFeature.AUDIO: takes_input(InputType.AUDIO, settings, facts),
        ModelFeature.VIDEO: takes_input(InputType.VIDEO, settings, facts),
        ModelFeature.AGENT_THOUGHT: has_reasoning(settings, facts),
        ModelFeature.STRUCTURED_OUTPUT: offers_structured_output(settings, facts),
    }
    return [feature for feature, has_it in table.items() if has_it]
