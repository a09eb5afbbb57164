"""What a call cost: LiteLLM's word, prices by tier and by kind of token, rounding."""

from decimal import Decimal

import pytest

from litellm_proxy.response_headers import CallReport
from litellm_proxy.wire.chat import Usage
from translation.answer.usage import (
    TokenCounts,
    counts_of,
    embedding_cost,
    embedding_usage,
    llm_usage,
    reported_cost,
)
from translation.facts.prices import Prices

D = Decimal
PRICED = Prices(input=D("0.000001"), output=D("0.000002"))
IN_TIERS = Prices(
    input=D("0.1"), output=D("0.2"), above_200k=Prices(input=D("0.3"), output=D("0.5"))
)


@pytest.mark.parametrize(
    ("tokens", "input_price", "output_price"),
    [(200_000, D("0.1"), D("0.2")), (200_001, D("0.3"), D("0.5"))],
)
def test_the_size_of_the_prompt_chooses_the_tier(
    tokens: int, input_price: Decimal, output_price: Decimal
) -> None:
    usage = llm_usage(TokenCounts(tokens, 10), None, IN_TIERS, 0)
    assert usage.prompt_price == tokens * input_price
    assert usage.completion_price == 10 * output_price
    assert usage.prompt_unit_price == input_price * 1_000_000
    assert usage.completion_unit_price == output_price * 1_000_000
    embedded = embedding_usage(tokens, None, IN_TIERS, 0)
    assert embedded.total_price == tokens * input_price
    assert embedded.unit_price == input_price * 1_000_000


def test_amounts_are_in_dollars() -> None:
    assert llm_usage(TokenCounts(1, 1), None, PRICED, 0).currency == "USD"
    assert embedding_usage(1, None, PRICED, 0).currency == "USD"


def test_unit_prices_that_nobody_knows_are_zero() -> None:
    usage = llm_usage(TokenCounts(1, 1), None, Prices(), 0)
    assert usage.prompt_unit_price == usage.completion_unit_price == 0
    assert embedding_usage(1, None, Prices(), 0).unit_price == 0


@pytest.mark.parametrize(
    ("price", "amount"),
    [("0.00000000024", "2E-10"), ("0.00000000025", "3E-10"), ("0.00000004", "4E-8")],
)
def test_half_of_the_smallest_amount_counts_as_one(price: str, amount: str) -> None:
    assert llm_usage(TokenCounts(1, 0), None, Prices(input=D(price)), 0).total_price == D(amount)
    assert llm_usage(TokenCounts(1, 0), float(price), Prices(), 0).total_price == D(amount)
    assert embedding_usage(1, None, Prices(input=D(price)), 0).total_price == D(amount)


def test_half_of_the_smallest_amount_goes_to_the_prompt() -> None:
    usage = llm_usage(TokenCounts(1, 1), 0.0000000005, Prices(), 0)
    assert (usage.prompt_price, usage.completion_price) == (D("3E-10"), D("2E-10"))


def test_a_cost_of_nothing_is_a_cost() -> None:
    usage = llm_usage(TokenCounts(1000, 500), 0.0, PRICED, 0)
    assert usage.prompt_price == usage.completion_price == usage.total_price == 0
    assert embedding_usage(1_000_000, 0.0, PRICED, 0).total_price == 0


def test_the_proxys_cost_of_an_embedding_wins() -> None:
    assert embedding_usage(1_000_000, 0.25, PRICED, 0).total_price == D("0.25")


@pytest.mark.parametrize(("cost", "total"), [(999_999.0, D(999_999)), (1_000_000.0, D("0.002"))])
def test_a_million_dollars_for_one_call_are_absurd(cost: float, total: Decimal) -> None:
    assert llm_usage(TokenCounts(1000, 500), cost, PRICED, 0).total_price == total


def test_a_cost_without_tokens_is_the_completions() -> None:
    usage = llm_usage(TokenCounts(0, 0), 0.5, Prices(), 0)
    assert (usage.prompt_price, usage.completion_price) == (D(0), D("0.5"))


@pytest.mark.parametrize(("reasoning", "price"), [(None, D("0.7")), (D("0.3"), D("1.5"))])
def test_tokens_of_reasoning_cost_what_they_cost_or_as_the_others(
    reasoning: Decimal | None, price: Decimal
) -> None:
    prices = Prices(input=D("0.2"), output=D("0.1"), reasoning=reasoning)
    usage = llm_usage(TokenCounts(10, 7, reasoning=4), None, prices, 0)
    assert usage.completion_price == price
    assert usage.prompt_price == 2


COSTLY, CHEAP = Usage.model_validate({"cost": 0.5}), Usage.model_validate({"cost": 0})


@pytest.mark.parametrize(
    ("usage", "report", "cost"),
    [
        (COSTLY, CallReport(), 0.5),
        (CHEAP, CallReport(), None),
        (Usage(), CallReport(), None),
        (None, CallReport(), None),
        (COSTLY, CallReport(cost=0.25), 0.25),
        (COSTLY, CallReport(cost=0.0), 0.0),
        (None, CallReport(cost=0.25), 0.25),
    ],
)
def test_headers_tell_the_cost_before_usage_and_zero_in_usage_is_unknown(
    usage: Usage | None, report: CallReport, cost: float | None
) -> None:
    assert reported_cost(usage, report) == cost
    assert embedding_cost(usage, report) == cost


def test_vectors_out_of_the_cache_cost_nothing() -> None:
    assert embedding_cost(COSTLY, CallReport(tells_neither_cost_nor_duration=True)) == 0.0


@pytest.mark.parametrize(
    ("prompt", "completion", "counted"),
    [
        (1, 0, (1, 0)),
        (999_999_999, 999_999_999, (999_999_999, 999_999_999)),
        (1_000_000_000, 7, (3, 4)),
        (11, 1_000_000_000, (11, 4)),
        (11, -1, (11, 4)),
    ],
)
def test_where_counts_become_absurd(prompt: int, completion: int, counted: tuple[int, int]) -> None:
    usage = Usage.model_validate({"prompt_tokens": prompt, "completion_tokens": completion})
    assert counts_of(usage, lambda: TokenCounts(3, 4)) == TokenCounts(*counted)


@pytest.mark.parametrize(("read", "written"), [(0, 1), (1, 0), (0, 10), (4, 6), (None, 10)])
def test_a_cache_is_read_or_written_up_to_the_whole_prompt(read: int | None, written: int) -> None:
    details = {"cached_tokens": read, "cache_creation_tokens": written}
    usage = Usage.model_validate(
        {"prompt_tokens": 10, "completion_tokens": 7, "prompt_tokens_details": details}
    )
    counts = counts_of(usage, lambda: TokenCounts(0, 0))
    assert counts == TokenCounts(10, 7, read or 0, written)
