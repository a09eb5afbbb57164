from decimal import Decimal

import pytest

from litellm_proxy.wire.chat import Usage
from translation.answer.usage import (
    TokenCounts,
    counts_of,
    embedding_tokens,
    embedding_usage,
    llm_usage,
)
from translation.facts.prices import Prices

PRICED = Prices(input=Decimal("0.000001"), output=Decimal("0.000002"))
NOTHING_KNOWN = Prices()


def test_f45_the_proxys_cost_wins_and_the_parts_add_up() -> None:
    usage = llm_usage(TokenCounts(11, 7), 0.0000201, PRICED, 0.5)
    assert usage.total_price == Decimal("0.0000201")
    assert usage.prompt_price + usage.completion_price == usage.total_price
    assert usage.prompt_unit_price == 1
    assert usage.total_tokens == 18
    assert usage.latency == 0.5


def test_the_parts_share_the_proxys_cost_as_the_prices_would() -> None:
    usage = llm_usage(TokenCounts(100, 100), 0.00015, PRICED, 0)
    assert (usage.prompt_price, usage.completion_price) == (Decimal("0.00005"), Decimal("0.0001"))


def test_f44_without_cost_the_prices_count() -> None:
    usage = llm_usage(TokenCounts(1000, 500), None, PRICED, 0)
    assert usage.prompt_price == Decimal("0.001")
    assert usage.total_price == Decimal("0.002")


def test_an_unknown_price_is_zero() -> None:
    assert llm_usage(TokenCounts(1000, 500), None, NOTHING_KNOWN, 0).total_price == 0
    assert embedding_usage(10, None, NOTHING_KNOWN, 0).total_price == 0


def test_embedding_price() -> None:
    assert embedding_usage(1_000_000, None, PRICED, 0).total_price == 1


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        (None, (3, 4)),
        ({"prompt_tokens": 11, "completion_tokens": 7}, (11, 7)),
        ({"prompt_tokens": 11, "completion_tokens": 0}, (11, 0)),
        ({"prompt_tokens": 11}, (11, 4)),
        ({"prompt_tokens": 0, "completion_tokens": 0}, (3, 4)),
        ({"prompt_tokens": -11, "completion_tokens": -7}, (3, 4)),
        ({"prompt_tokens": 10**30, "completion_tokens": 7}, (3, 4)),
        ({"prompt_tokens": 11, "completion_tokens": 10**30}, (11, 4)),
        ({"prompt_tokens": "x", "completion_tokens": None}, (3, 4)),
    ],
)
def test_f47_absurd_counts_are_replaced_by_the_estimate(
    usage: dict[str, object] | None, counts: tuple[int, int]
) -> None:
    parsed = None if usage is None else Usage.model_validate(usage)
    assert counts_of(parsed, lambda: TokenCounts(3, 4)) == TokenCounts(*counts)


@pytest.mark.parametrize("cost", [1e30, float("inf"), float("nan"), -1.0])
def test_f47_an_absurd_cost_does_not_lose_the_answer(cost: float) -> None:
    assert llm_usage(TokenCounts(1000, 500), cost, PRICED, 0).total_price == Decimal("0.002")


CACHED = {
    "prompt_tokens": 160,
    "completion_tokens": 12,
    "prompt_tokens_details": {"cached_tokens": 50, "cache_creation_tokens": 100},
}


def test_f46_cached_tokens_have_their_own_prices_and_are_part_of_the_prompt() -> None:
    counts = counts_of(Usage.model_validate(CACHED), lambda: TokenCounts(3, 4))
    assert counts == TokenCounts(160, 12, cache_read=50, cache_write=100)
    prices = Prices(
        input=Decimal("0.0001"),
        output=Decimal("0.0005"),
        cache_read=Decimal("0.00001"),
        cache_write=Decimal("0.000125"),
    )
    usage = llm_usage(counts, None, prices, 0)
    assert usage.prompt_price == Decimal("0.0010") + Decimal("0.0005") + Decimal("0.0125")
    assert usage.completion_price == Decimal("0.006")
    assert usage.total_price == usage.prompt_price + usage.completion_price
    plain = llm_usage(counts, None, Prices(input=Decimal("0.0001")), 0)
    assert plain.prompt_price == Decimal("0.016")


@pytest.mark.parametrize(("read", "written"), [(-1, 0), (100, 100), ("x", None)])
def test_f47_absurd_cache_counts_do_not_count(read: object, written: object) -> None:
    details = {"cached_tokens": read, "cache_creation_tokens": written}
    usage = Usage.model_validate({**CACHED, "prompt_tokens_details": details})
    assert counts_of(usage, lambda: TokenCounts(3, 4)) == TokenCounts(160, 12)


@pytest.mark.parametrize(("counted", "tokens"), [(7, 7), (0, 3), (None, 3), (-5, 3), (10**15, 3)])
def test_tokens_of_texts_that_nobody_counted_are_estimated(
    counted: int | None, tokens: int
) -> None:
    usage = Usage(prompt_tokens=counted)
    assert embedding_tokens(usage, ["one two", "three", "data:image/png;base64,AAAA"]) == tokens
    assert embedding_tokens(None, []) == 0


@pytest.mark.parametrize(
    ("completion", "told"), [(50, 50), (0, 2), (-1, 2), (None, 2), (10**15, 2)]
)
def test_a_count_of_the_answer_alone_counts(completion: int | None, told: int) -> None:
    usage = Usage(prompt_tokens=0, completion_tokens=completion)
    assert counts_of(usage, lambda: TokenCounts(9, 2)) == TokenCounts(9, told)
