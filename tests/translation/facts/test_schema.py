from decimal import Decimal

import pytest
from dify_plugin import LargeLanguageModel
from dify_plugin.entities.model import AIModelEntity, ModelFeature, ModelPropertyKey

from litellm_proxy.wire.model_facts import NOTHING_KNOWN, ModelFacts
from litellm_proxy.wire.model_info import ModelGroup
from tests.support.captured import client_answered_with
from translation.facts.model_view import ModelView
from translation.facts.schema import llm_schema, text_embedding_schema
from translation.form.settings import Settings, parse_settings


def settings(**form: str) -> Settings:
    return parse_settings("m", {"base_url": "http://h", **form})


def captured_facts(file: str) -> ModelFacts:
    return client_answered_with(file).model_group("m").data[0].facts


def test_f01_a_described_model_needs_no_typing() -> None:
    schema = llm_schema("m", ModelView(settings(), captured_facts("group_described.json")))
    assert schema.model_properties[ModelPropertyKey.CONTEXT_SIZE] == 123456
    assert schema.features == [
        ModelFeature.TOOL_CALL,
        ModelFeature.STREAM_TOOL_CALL,
        ModelFeature.MULTI_TOOL_CALL,
        ModelFeature.VISION,
        ModelFeature.AGENT_THOUGHT,
        ModelFeature.STRUCTURED_OUTPUT,
    ]
    rules = {rule.name: rule for rule in schema.parameter_rules}
    assert rules["max_tokens"].max == 4321
    assert rules["reasoning_effort"].options == ["low", "medium", "high"]
    assert schema.pricing
    assert (schema.pricing.input, schema.pricing.output) == (Decimal(1), Decimal(2))


def test_an_uncatalogued_backend_is_unknown_not_incapable() -> None:
    facts = captured_facts("group_uncatalogued.json")
    assert facts.vision is None
    assert facts.context_size is None
    schema = llm_schema("m", ModelView(settings(), facts))
    assert schema.model_properties[ModelPropertyKey.CONTEXT_SIZE] == 4096
    assert schema.features == [ModelFeature.STRUCTURED_OUTPUT]
    assert schema.pricing is None


def test_the_form_wins_over_the_proxy() -> None:
    form = settings(
        context_size="1000",
        max_tokens="50",
        vision="no",
        mode="chat",
        settings="custom",
        function_calling="no",
        structured_output="yes",
        reasoning="no",
        display_name="Mine",
    )
    schema = llm_schema("m", ModelView(form, captured_facts("group_described.json")))
    assert schema.model_properties == {
        ModelPropertyKey.MODE: "chat",
        ModelPropertyKey.CONTEXT_SIZE: 1000,
    }
    assert schema.features == [ModelFeature.STRUCTURED_OUTPUT]
    rules = {rule.name: rule for rule in schema.parameter_rules}
    assert rules["max_tokens"].max == 50
    assert rules["response_format"].options == ["text", "json_object", "json_schema"]
    assert "json_schema" in rules
    assert "reasoning_effort" not in rules
    assert schema.label.en_us == "Mine"


@pytest.mark.parametrize(
    ("choice", "response_schema", "offered"),
    [("auto", None, True), ("auto", True, True), ("auto", False, False), ("no", True, False), ("yes", False, True)],
)  # fmt: skip
def test_structured_output_is_offered_unless_the_form_or_the_proxy_says_no(
    choice: str,
    response_schema: bool | None,  # noqa: FBT001
    offered: bool,  # noqa: FBT001
) -> None:
    form = settings(settings="custom", structured_output=choice)
    schema = llm_schema("m", ModelView(form, ModelFacts(response_schema=response_schema)))
    assert (ModelFeature.STRUCTURED_OUTPUT in (schema.features or ())) is offered


def test_every_number_starts_where_it_changes_nothing() -> None:
    rules = llm_schema(
        "m", ModelView(settings(), ModelFacts(max_output_tokens=2048))
    ).parameter_rules
    numbers = {rule.name: rule.default for rule in rules if rule.type.value in {"int", "float"}}
    assert numbers == {
        "max_tokens": 2048,
        "temperature": 1,
        "top_p": 1,
        "presence_penalty": 0,
        "frequency_penalty": 0,
        "seed": 1,
    }
    large = llm_schema(
        "m", ModelView(settings(), ModelFacts(max_output_tokens=128_000))
    ).parameter_rules
    assert (large[0].name, large[0].default, large[0].max) == ("max_tokens", 4096, 128_000)
    assert all(rule.default is None for rule in rules if rule.name not in numbers)


def test_f77_what_was_not_switched_on_is_not_sent_by_the_sdks_own_filter() -> None:
    schema = llm_schema("m", ModelView(settings(reasoning="yes"), NOTHING_KNOWN))

    class Model(LargeLanguageModel):
        """What is tried is the filter of its base; nothing else of it is called."""

        def get_model_schema(self, *_: object) -> AIModelEntity:
            return schema

    Model.__abstractmethods__ = frozenset()
    model = object.__new__(Model)  # type: ignore[type-abstract]
    assert model._validate_and_filter_model_parameters("m", {}, {}) == {}
    assert model._validate_and_filter_model_parameters("m", {"top_p": 0.5}, {}) == {"top_p": 0.5}
    assert not any(rule.required or rule.use_template for rule in schema.parameter_rules)


def test_f76_parameters_that_the_model_does_not_take_are_not_offered() -> None:
    facts = ModelFacts(supported_params=("temperature", "max_tokens"))
    rules = llm_schema("m", ModelView(settings(), facts)).parameter_rules
    assert [rule.name for rule in rules] == [
        "max_tokens",
        "temperature",
        "json_schema",
        "end_user",
        "tags",
        "session",
        "extra_body",
    ]


def test_mode_follows_the_proxy() -> None:
    schema = llm_schema("m", ModelView(settings(), ModelFacts(mode="completion")))
    assert schema.model_properties[ModelPropertyKey.MODE] == "completion"
    schema = llm_schema("m", ModelView(settings(mode="chat"), ModelFacts(mode="completion")))
    assert schema.model_properties[ModelPropertyKey.MODE] == "chat"


def test_json_and_xml_are_never_offered() -> None:
    schema = llm_schema("m", ModelView(settings(), NOTHING_KNOWN))
    options = {option for rule in schema.parameter_rules for option in rule.options}
    assert not options & {"JSON", "XML"}


@pytest.mark.parametrize(
    ("group", "prices"),
    [
        ({"input_cost_per_token": 0.0, "output_cost_per_token": 0.0}, (None, None)),
        ({"input_cost_per_token": 1e-7}, (Decimal("1E-7"), None)),
        ({"input_cost_per_token": 0.0, "output_cost_per_token": 2e-6}, (0, Decimal("0.000002"))),
        ({"input_cost_per_token": -1, "output_cost_per_token": "x"}, (None, None)),
    ],
)
def test_f49_zero_zero_means_unknown(group: dict[str, object], prices: tuple[object, ...]) -> None:
    facts = ModelGroup.model_validate(group).facts
    assert (facts.input_price, facts.output_price) == prices


@pytest.mark.parametrize("limit", [None, "many", -5, 0, 1e300, [], {"a": 1}, "NaN"])
def test_garbage_limits_are_unknown(limit: object) -> None:
    facts = ModelGroup.model_validate({"max_input_tokens": limit}).facts
    assert facts.context_size is None


def test_embedding_schema() -> None:
    facts = ModelFacts(context_size=512, input_price=Decimal("0.00000002"))
    schema = text_embedding_schema(
        "m", ModelView(settings(settings="custom", max_chunks="8"), facts)
    )
    assert schema.model_properties == {
        ModelPropertyKey.CONTEXT_SIZE: 512,
        ModelPropertyKey.MAX_CHUNKS: 8,
    }
    assert schema.pricing
    assert schema.pricing.input == Decimal("0.02")


def test_what_calls_have_shown_to_be_refused_is_not_offered() -> None:
    listed = ("temperature", "top_p", "seed")
    facts = ModelFacts(supported_params=listed, rejected_params=frozenset({"temperature", "top_p"}))
    rules = {rule.name for rule in llm_schema("m", ModelView(settings(), facts)).parameter_rules}
    assert "seed" in rules
    assert not rules & {"temperature", "top_p"}


def test_what_litellm_does_not_pass_on_is_not_offered_although_the_model_can() -> None:
    facts = ModelFacts(
        function_calling=True, response_schema=True, reasoning=False, supported_params=("top_p",)
    )
    schema = llm_schema("m", ModelView(settings(), facts))
    assert schema.features == [ModelFeature.STRUCTURED_OUTPUT]
    rules = {rule.name for rule in schema.parameter_rules}
    assert "response_format" not in rules
    assert "json_schema" in rules, "in words"
    listed = ModelFacts(
        function_calling=True, response_schema=True, supported_params=("tools", "response_format")
    )
    assert ModelFeature.TOOL_CALL in (llm_schema("m", ModelView(settings(), listed)).features or ())
    asked_for = settings(settings="custom", function_calling="yes")
    assert ModelFeature.TOOL_CALL in (llm_schema("m", ModelView(asked_for, facts)).features or ())
