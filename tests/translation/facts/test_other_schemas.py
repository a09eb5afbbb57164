"""What Dify shows of models that are no LLMs and no embedding models."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from dify_plugin.entities.model import FetchFrom, ModelFeature, ModelPropertyKey, ModelType

from litellm_proxy.wire.model_facts import NOTHING_KNOWN, ModelFacts
from translation.facts import schema
from translation.facts.model_view import DEFAULT_MAX_CHUNKS, MAX_TEXTS_PER_REQUEST, ModelView
from translation.form.settings import InputType, parse_settings

FORM = {"base_url": "http://h", "settings": "custom"}
FACTS = ModelFacts(input_price=Decimal("0.000002"), output_price=Decimal("0.00001"))


@pytest.mark.parametrize(
    ("make", "model_type"),
    [(schema.rerank_schema, ModelType.RERANK), (schema.moderation_schema, ModelType.MODERATION)],
)
def test_a_plain_schema(make: Any, model_type: ModelType) -> None:
    entity = make("shown", ModelView(parse_settings("m", FORM), FACTS))
    assert (entity.model, entity.model_type) == ("shown", model_type)
    assert entity.fetch_from is FetchFrom.CUSTOMIZABLE_MODEL
    assert entity.model_properties == {ModelPropertyKey.CONTEXT_SIZE: 4096}
    assert (entity.features, entity.parameter_rules) == ([], [])
    assert entity.pricing
    assert (entity.pricing.input, entity.pricing.output) == (Decimal(2), Decimal(10))
    assert (entity.pricing.unit, entity.pricing.currency) == (Decimal("0.000001"), "USD")
    assert make("m", ModelView(parse_settings("m", FORM), NOTHING_KNOWN)).pricing is None


def test_speech_to_text() -> None:
    entity = schema.speech2text_schema("m", ModelView(parse_settings("m", FORM), NOTHING_KNOWN))
    assert entity.model_type is ModelType.SPEECH2TEXT
    assert entity.model_properties == {
        ModelPropertyKey.FILE_UPLOAD_LIMIT: 25,
        ModelPropertyKey.SUPPORTED_FILE_EXTENSIONS: "flac,mp3,mp4,mpeg,mpga,m4a,ogg,wav,webm",
    }


def test_text_to_speech() -> None:
    settings = parse_settings("m", {**FORM, "voices": "amy, bob", "audio_format": "opus"})
    entity = schema.tts_schema("m", ModelView(settings, NOTHING_KNOWN))
    properties = entity.model_properties
    assert entity.model_type is ModelType.TTS
    assert properties[ModelPropertyKey.DEFAULT_VOICE] == "amy"
    assert [voice["mode"] for voice in properties[ModelPropertyKey.VOICES]] == ["amy", "bob"]
    assert [voice["name"] for voice in properties[ModelPropertyKey.VOICES]] == ["amy", "bob"]
    assert all("de-DE" in voice["language"] for voice in properties[ModelPropertyKey.VOICES])
    assert properties[ModelPropertyKey.WORD_LIMIT] == 4096
    assert properties[ModelPropertyKey.AUDIO_TYPE] == "opus"
    assert properties[ModelPropertyKey.MAX_WORKERS] == 5
    plain = schema.tts_schema("m", ModelView(parse_settings("m", FORM), NOTHING_KNOWN))
    assert plain.model_properties[ModelPropertyKey.AUDIO_TYPE] == "mp3"


@pytest.mark.parametrize(
    ("form", "size", "chunks"),
    [
        ({"max_chunks": "7"}, None, 7),
        ({}, None, DEFAULT_MAX_CHUNKS),
        ({}, 384, MAX_TEXTS_PER_REQUEST),
        ({}, 3072, 32),
        ({}, 8192, 14),
        ({}, 200_000, 1),
        ({"dimensions": "8192"}, 384, 14),
    ],
)
def test_how_many_texts_fit_into_one_line_of_dify(
    form: dict[str, str], size: int | None, chunks: int
) -> None:
    settings = parse_settings("m", {**FORM, **form})
    assert ModelView(settings, ModelFacts(vector_size=size)).max_chunks == chunks


@pytest.mark.parametrize(
    ("facts", "may"),
    [
        (NOTHING_KNOWN, True),
        (ModelFacts(supported_params=("seed",)), True),
        (ModelFacts(supported_params=("top_p",)), False),
        (ModelFacts(supported_params=("seed",), rejected_params=frozenset({"seed"})), False),
        (ModelFacts(rejected_params=frozenset({"top_p"})), True),
    ],
)
def test_a_parameter_is_offered_unless_something_speaks_against_it(
    facts: ModelFacts,
    may: bool,  # noqa: FBT001
) -> None:
    assert ModelView(parse_settings("m", FORM), facts).may_support("seed") is may


@pytest.mark.parametrize(
    ("kind", "fact"),
    [
        (InputType.AUDIO, "audio_input"),
        (InputType.DOCUMENT, "pdf_input"),
        (InputType.VIDEO, "video_input"),
    ],
)
def test_what_a_model_takes_beside_text(kind: InputType, fact: str) -> None:
    plain = parse_settings("m", FORM)
    yes, no = replace(NOTHING_KNOWN, **{fact: True}), replace(NOTHING_KNOWN, **{fact: False})  # type: ignore[arg-type]
    assert ModelView(plain, yes).supports_input(kind)
    assert not ModelView(plain, no).supports_input(kind)
    assert not ModelView(plain, NOTHING_KNOWN).supports_input(kind)
    told = parse_settings("m", {**FORM, "input_types": kind.value})
    assert ModelView(told, no).supports_input(kind)


@pytest.mark.parametrize(
    ("embeds", "features"), [(True, [ModelFeature.VISION]), (False, []), (None, [])]
)
def test_embedding_models_that_take_images(
    embeds: bool | None,  # noqa: FBT001
    features: list[ModelFeature],
) -> None:
    facts = ModelFacts(embeds_images=embeds, vector_size=8192)
    entity = schema.text_embedding_schema("m", ModelView(parse_settings("m", FORM), facts))
    assert entity.features == features
    assert entity.model_properties[ModelPropertyKey.MAX_CHUNKS] == 14
