"""Build the model schema for Dify from form and facts."""

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

from translation.facts.model_view import ModelView, chosen
from translation.facts.parameter_rules import parameter_rules
from translation.facts.prices import PRICE_UNIT, Prices, per_million
from translation.form.settings import AudioFormat, InputType, Mode

MAX_SPOKEN_CHARACTERS = 4096
"""The limit of OpenAI's speech endpoint for one request."""
_DIFYS_MODES = {
    Mode.COMPLETION: LLMMode.COMPLETION,
    Mode.CHAT: LLMMode.CHAT,
    Mode.IMAGE: LLMMode.CHAT,
}
_SPOKEN_LANGUAGES = ("en-US", "zh-Hans", "ja-JP", "pt-BR", "de-DE", "fr-FR", "es-ES", "ko-KR")


def llm_schema(model: str, view: ModelView) -> AIModelEntity:
    """Return the schema of an LLM; `model` is its name in Dify."""
    return _entity(
        model,
        view,
        ModelType.LLM,
        features=_features(view),
        properties={
            ModelPropertyKey.MODE: _DIFYS_MODES[view.mode].value,
            ModelPropertyKey.CONTEXT_SIZE: view.context_size,
        },
        rules=parameter_rules(view),
    )


def text_embedding_schema(model: str, view: ModelView) -> AIModelEntity:
    """Return the schema of an embedding model.

    MAX_CHUNKS is the number of texts per request.
    """
    return _entity(
        model,
        view,
        ModelType.TEXT_EMBEDDING,
        features=_images(view),
        properties={
            ModelPropertyKey.CONTEXT_SIZE: view.context_size,
            ModelPropertyKey.MAX_CHUNKS: view.max_chunks,
        },
        rules=[],
    )


def rerank_schema(model: str, view: ModelView) -> AIModelEntity:
    """Return the schema of a rerank model."""
    return _entity(
        model,
        view,
        ModelType.RERANK,
        features=_images(view),
        properties={ModelPropertyKey.CONTEXT_SIZE: view.context_size},
        rules=[],
    )


def moderation_schema(model: str, view: ModelView) -> AIModelEntity:
    """Return the schema of a moderation model."""
    return _plain_schema(model, view, ModelType.MODERATION)


def speech2text_schema(model: str, view: ModelView) -> AIModelEntity:
    """Return the schema of a speech-to-text model; upload limit in MB."""
    properties = {
        ModelPropertyKey.FILE_UPLOAD_LIMIT: 25,
        ModelPropertyKey.SUPPORTED_FILE_EXTENSIONS: "flac,mp3,mp4,mpeg,mpga,m4a,ogg,wav,webm",
    }
    return _plain_schema(model, view, ModelType.SPEECH2TEXT, properties)


def tts_schema(model: str, view: ModelView) -> AIModelEntity:
    """Return the schema of a text-to-speech model; word limit in characters."""
    properties = {
        ModelPropertyKey.DEFAULT_VOICE: view.settings.voices[0],
        ModelPropertyKey.VOICES: [
            {"mode": voice, "name": voice, "language": list(_SPOKEN_LANGUAGES)}
            for voice in view.settings.voices
        ],
        ModelPropertyKey.WORD_LIMIT: MAX_SPOKEN_CHARACTERS,
        ModelPropertyKey.AUDIO_TYPE: (view.settings.audio_format or AudioFormat.MP3).value,
        ModelPropertyKey.MAX_WORKERS: 5,
    }
    return _plain_schema(model, view, ModelType.TTS, properties)


def _plain_schema(
    model: str,
    view: ModelView,
    model_type: ModelType,
    properties: Mapping[ModelPropertyKey, object] | None = None,
) -> AIModelEntity:
    return _entity(
        model,
        view,
        model_type,
        features=[],
        properties=properties or {ModelPropertyKey.CONTEXT_SIZE: view.context_size},
        rules=[],
    )


def _entity(  # noqa: PLR0913 - the parts of a schema
    model: str,
    view: ModelView,
    model_type: ModelType,
    *,
    features: list[ModelFeature],
    properties: Mapping[ModelPropertyKey, object],
    rules: list[ParameterRule],
) -> AIModelEntity:
    return AIModelEntity(
        model=model,
        label=I18nObject(en_us=view.settings.label),
        model_type=model_type,
        features=features,
        fetch_from=FetchFrom.CUSTOMIZABLE_MODEL,
        model_properties=dict(properties),
        parameter_rules=rules,
        pricing=_pricing(view.prices),
    )


def _images(view: ModelView) -> list[ModelFeature]:
    return [ModelFeature.VISION] if view.supports_input(InputType.IMAGE) else []


def _pricing(prices: Prices) -> PriceConfig | None:
    if prices.input is None:
        return None
    return PriceConfig(
        input=per_million(prices.input),
        output=None if prices.output is None else per_million(prices.output),
        unit=PRICE_UNIT,
        currency="USD",
    )


def _features(view: ModelView) -> list[ModelFeature]:
    match view.mode:
        case Mode.COMPLETION:
            return []
        case Mode.IMAGE:
            # LiteLLM does not report which models edit images.
            takes_images = chosen(view.settings.vision, view.facts.vision is not False)
            return [ModelFeature.VISION] if takes_images else []
        case _:
            pass
    tools = view.calls_tools
    table = {
        ModelFeature.TOOL_CALL: tools,
        ModelFeature.STREAM_TOOL_CALL: tools,
        ModelFeature.MULTI_TOOL_CALL: tools and view.facts.parallel_function_calling is not False,
        ModelFeature.VISION: chosen(view.settings.vision, view.facts.vision)
        or InputType.IMAGE in view.settings.input_types,
        ModelFeature.DOCUMENT: view.supports_input(InputType.DOCUMENT),
        ModelFeature.AUDIO: view.supports_input(InputType.AUDIO),
        ModelFeature.VIDEO: view.supports_input(InputType.VIDEO),
        ModelFeature.AGENT_THOUGHT: view.reasons,
        ModelFeature.STRUCTURED_OUTPUT: view.offers_structured_output,
    }
    return [feature for feature, has_it in table.items() if has_it]
