"""Every field of what the proxy says becomes the fact of its own, and no other."""

from collections.abc import Callable
from dataclasses import fields
from decimal import Decimal
from typing import Any

import pytest

from litellm_proxy.wire.model_facts import ModelFacts
from litellm_proxy.wire.model_info import Deployment, ListedModel, ModelGroup

OF_A_DEPLOYMENT: dict[str, tuple[Any, str, Any]] = {
    "mode": ("chat", "mode", "chat"),
    "litellm_provider": ("openai", "provider", "openai"),
    "max_input_tokens": (1000.0, "context_size", 1000),
    "max_output_tokens": (200, "max_output_tokens", 200),
    "output_vector_size": (384, "vector_size", 384),
    "input_cost_per_token": (1e-6, "input_price", Decimal("0.000001")),
    "output_cost_per_token": (2e-6, "output_price", Decimal("0.000002")),
    "cache_read_input_token_cost": (3e-7, "cache_read_price", Decimal("3E-7")),
    "cache_creation_input_token_cost": (4e-6, "cache_write_price", Decimal("0.000004")),
    "output_cost_per_reasoning_token": (5e-6, "reasoning_price", Decimal("0.000005")),
    "input_cost_per_token_above_200k_tokens": (6e-6, "input_price_above_200k", Decimal("0.000006")),
    "output_cost_per_token_above_200k_tokens": (7e-6, "output_price_above_200k", Decimal("0.000007")),
    "cache_read_input_token_cost_above_200k_tokens":
        (8e-6, "cache_read_price_above_200k", Decimal("0.000008")),
    "cache_creation_input_token_cost_above_200k_tokens":
        (9e-6, "cache_write_price_above_200k", Decimal("0.000009")),
    "supports_vision": (True, "vision", True),
    "supports_function_calling": (True, "function_calling", True),
    "supports_parallel_function_calling": (True, "parallel_function_calling", True),
    "supports_response_schema": (True, "response_schema", True),
    "supports_reasoning": (True, "reasoning", True),
    "supports_pdf_input": (True, "pdf_input", True),
    "supports_audio_input": (True, "audio_input", True),
    "supports_audio_output": (True, "audio_output", True),
    "supports_video_input": (True, "video_input", True),
    "supports_prompt_caching": (True, "prompt_caching", True),
    "supports_embedding_image_input": (True, "embeds_images", True),
    "supports_web_search": (True, "web_search", True),
    "reasoning_effort_levels": (["low", "high"], "reasoning_efforts", ("low", "high")),
    "supported_openai_params": (["top_p", "seed"], "supported_params", ("top_p", "seed")),
}  # fmt: skip
OF_A_GROUP = {
    name: OF_A_DEPLOYMENT[name]
    for name in (
        "mode", "max_input_tokens", "max_output_tokens", "input_cost_per_token",
        "output_cost_per_token", "supports_vision", "supports_function_calling",
        "supports_parallel_function_calling", "supports_reasoning", "supports_web_search",
        "supported_openai_params",
    )
} | {"supported_reasoning_efforts": (["low"], "reasoning_efforts", ("low",))}  # fmt: skip
OF_A_LISTING = {name: OF_A_DEPLOYMENT[name] for name in
                ("mode", "max_input_tokens", "max_output_tokens")}  # fmt: skip
FLAGS = [name for name in OF_A_DEPLOYMENT if name.startswith("supports_")]


def known(facts: ModelFacts) -> dict[str, Any]:
    told = {each.name: getattr(facts, each.name) for each in fields(facts)}
    return {name: value for name, value in told.items() if value is not None}


def test_every_fact_of_a_deployment_is_here() -> None:
    assert {fact for _, fact, _ in OF_A_DEPLOYMENT.values()} == {
        each.name for each in fields(ModelFacts)} - {"rejected_params"}  # fmt: skip


def of_a_deployment(row: dict[str, Any]) -> ModelFacts:
    return Deployment.model_validate({"model_name": "m", "model_info": row}).facts


def of_a_group(row: dict[str, Any]) -> ModelFacts:
    return ModelGroup.model_validate(row).facts


def of_a_listing(row: dict[str, Any]) -> ModelFacts:
    return ListedModel.model_validate({"id": "m", **row}).facts


@pytest.mark.parametrize(
    ("read", "rows"),
    [(of_a_deployment, OF_A_DEPLOYMENT), (of_a_group, OF_A_GROUP), (of_a_listing, OF_A_LISTING)],
)
def test_one_field_of_a_row_is_one_fact(
    read: Callable[[dict[str, Any]], ModelFacts], rows: dict[str, tuple[Any, str, Any]]
) -> None:
    for name, (said, fact, value) in rows.items():
        assert known(read({name: said})) == {fact: value}
        assert known(read({name: {"of": "a wrong type"}})) == {}


@pytest.mark.parametrize("row", [None, 5, "text", [], {}])
def test_a_row_without_an_object_is_unknown(row: Any) -> None:
    assert of_a_deployment(row) == ModelFacts()


def test_facts_by_our_own_names_are_not_read() -> None:
    """A proxy's config may hold any key."""
    assert of_a_deployment({fact: "chat" for _, fact, _ in OF_A_DEPLOYMENT.values()}) == ModelFacts(
        mode="chat"
    )


@pytest.mark.parametrize("read", [of_a_deployment, of_a_group])
@pytest.mark.parametrize("flag", FLAGS)
def test_a_no_counts_only_of_a_model_that_is_catalogued(
    read: Callable[[dict[str, Any]], ModelFacts], flag: str
) -> None:
    fact = OF_A_DEPLOYMENT[flag][1]
    assert known(read({flag: False})) == {}
    for sign in ({"mode": "chat"}, {"max_input_tokens": 10}):
        assert getattr(read({flag: False, **sign}), fact) is False


@pytest.mark.parametrize(
    ("said", "value"),
    [("true", True), ("False", False), (1, None), ("yes please", None), ([], None)],
)
def test_a_flag_in_text(said: Any, value: bool | None) -> None:  # noqa: FBT001
    assert of_a_deployment({"mode": "chat", "supports_vision": said}).vision is value


@pytest.mark.parametrize("limit", [0, -1, 0.5, 1e10, float("inf"), float("nan"), True, 10**400])
def test_a_limit_that_is_none_is_unknown(limit: float) -> None:
    assert of_a_listing({"max_input_tokens": limit}).context_size is None


@pytest.mark.parametrize("limit", [1, 1e9, "4096"])
def test_a_limit_at_its_bound_is_known(limit: float | str) -> None:
    assert of_a_listing({"max_input_tokens": limit}).context_size == int(limit)


@pytest.mark.parametrize("price", [-1e-6, 0, 1, 5.0, float("nan")])
def test_a_price_that_is_none_is_unknown(price: float) -> None:
    assert of_a_deployment({"cache_read_input_token_cost": price}).cache_read_price is None


def test_names_that_dify_would_refuse_are_left_out_and_none_twice() -> None:
    names = ["low", "low", "x" * 41, "", "a b", 5, "High_2"]
    facts = of_a_deployment({"reasoning_effort_levels": names})
    assert facts.reasoning_efforts == ("low", "High_2")
    many = of_a_deployment({"supported_openai_params": [f"p{n}" for n in range(300)]})
    assert len(many.supported_params or ()) == 200


def test_what_is_unknown_is_taken_from_others_and_nothing_else() -> None:
    facts = ModelFacts(mode="chat", context_size=10)
    others = ModelFacts(mode="completion", context_size=20, max_output_tokens=5, vision=True)
    assert facts.supplemented(others, ["mode", "max_output_tokens"]) == ModelFacts(
        mode="chat", context_size=10, max_output_tokens=5
    )


@pytest.mark.parametrize(
    ("said", "mode"),
    [
        ("moderations", "moderation"),
        ("chat", "chat"),
        ("a mode", None),
        ("", None),
        ("x" * 41, None),
    ],
)
def test_modes(said: str, mode: str | None) -> None:
    assert of_a_listing({"mode": said}).mode == mode
