"""What LiteLLM says of an answer in its headers, as seen of 1.106.2, and what is no such word."""

import httpx
import pytest

from litellm_proxy.response_headers import CallReport, call_id_of, read_report

GROUP = "x-litellm-model-group"
COST = "x-litellm-response-cost"


def report(**headers: str) -> CallReport:
    return read_report(
        httpx.Headers({name.replace("_", "-"): value for name, value in headers.items()})
    )


@pytest.mark.parametrize(
    ("told", "cost"),
    [
        ("0.000025", 0.000025),
        ("2.5e-05", 2.5e-05),
        ("2.5E-05", 2.5e-05),
        ("12", 12.0),
        ("0", None),
        ("0.0", None),
        ("", None),
        ("None", None),
        ("-1", None),
        ("1e5", None),
        ("nan", None),
        ("1.", None),
        ("0.5 USD", None),
        ("1234567890", None),
        ("1.123456789012345678901", None),
    ],
)
def test_a_cost_is_a_number_above_0(told: str, cost: float | None) -> None:
    assert report(x_litellm_response_cost=told).cost == cost


def test_an_answer_from_the_cache_costs_0_whatever_stands_beside_it() -> None:
    assert report(x_litellm_cache_key="k", x_litellm_response_cost="0.5").cost == 0
    assert report(x_litellm_cache_key="", x_litellm_response_cost="0.5").cost == 0.5


@pytest.mark.parametrize(
    ("attempted", "group", "fallback"),
    [
        ("1", "gpt-4o-mini", "gpt-4o-mini"),
        ("2", "a/b", "a/b"),
        ("0", "gpt-4o-mini", None),
        ("None", "gpt-4o-mini", None),
        ("", "gpt-4o-mini", None),
        ("1", "", None),
        ("1", "x" * 200, "x" * 200),
        ("1", "x" * 201, None),
    ],
)
def test_a_fallback_is_the_group_that_answered_after_one(
    attempted: str, group: str, fallback: str | None
) -> None:
    headers = {"x_litellm_attempted_fallbacks": attempted, "x_litellm_model_group": group}
    assert report(**headers).fallback == fallback


def test_without_a_word_on_fallbacks_there_was_none() -> None:
    assert report(x_litellm_model_group="gpt-4o-mini").fallback is None


@pytest.mark.parametrize(
    ("told", "call_id"),
    [
        ("697b722f-5312-416c-b348-110b9de7a040", "697b722f-5312-416c-b348-110b9de7a040"),
        ("a.b:c_d", "a.b:c_d"),
        ("x" * 100, "x" * 100),
        ("x" * 101, None),
        ("a b", None),
        ("<script>", None),
        ("", None),
    ],
)
def test_a_call_id_is_a_word(told: str, call_id: str | None) -> None:
    assert call_id_of(httpx.Headers({"x-litellm-call-id": told})) == call_id
    assert report(x_litellm_call_id=told).call_id == call_id


def test_no_headers_tell_nothing() -> None:
    assert report() == CallReport()
    assert call_id_of(httpx.Headers()) is None


@pytest.mark.parametrize(
    ("headers", "neither"),
    [
        ({GROUP: "m"}, True),
        ({GROUP: "m", COST: "0.1"}, False),
        ({GROUP: "m", "x-litellm-response-duration-ms": "12"}, False),
        ({COST: "0.1"}, False),
        ({}, False),
    ],
)
def test_vectors_out_of_the_cache_tell_neither_cost_nor_duration(
    headers: dict[str, str], *, neither: bool
) -> None:
    assert read_report(httpx.Headers(headers)).tells_neither_cost_nor_duration is neither
