"""Prices: the form's word, the proxy's finer ones, and those of long prompts."""

from decimal import Decimal

import pytest

from litellm_proxy.wire.model_facts import ModelFacts
from translation.facts.model_view import ModelView
from translation.facts.prices import Prices, has_own_prices, per_million
from translation.form.settings import parse_settings

D = Decimal
FACTS = ModelFacts(
    input_price=D("0.1"), output_price=D("0.2"), cache_read_price=D("0.3"),
    cache_write_price=D("0.4"), reasoning_price=D("0.5"), input_price_above_200k=D("0.6"),
    output_price_above_200k=D("0.7"), cache_read_price_above_200k=D("0.8"),
    cache_write_price_above_200k=D("0.9"),
)  # fmt: skip


def form(**fields: str) -> dict[str, str]:
    return {"base_url": "http://h", "settings": "custom", **fields}


def test_the_proxys_prices() -> None:
    settings = parse_settings("m", form())
    assert not has_own_prices(settings)
    assert ModelView(settings, FACTS).prices == Prices(
        D("0.1"), D("0.2"), D("0.3"), D("0.4"), D("0.5"),
        Prices(D("0.6"), D("0.7"), D("0.8"), D("0.9")),
    )  # fmt: skip


def test_a_price_of_the_form_takes_the_finer_ones_of_its_side_away() -> None:
    settings = parse_settings("m", form(input_price="1000000"))
    assert has_own_prices(settings)
    assert ModelView(settings, FACTS).prices == Prices(
        D(1), D("0.2"), None, None, D("0.5"), Prices(None, D("0.7"), None, None)
    )
    settings = parse_settings("m", form(input_price="/ 1000000"))
    assert has_own_prices(settings)
    assert ModelView(settings, FACTS).prices == Prices(
        D("0.1"), D(1), D("0.3"), D("0.4"), None, Prices(D("0.6"), None, D("0.8"), D("0.9"))
    )


def test_without_higher_prices_there_is_one_tier() -> None:
    prices = ModelView(parse_settings("m", form()), ModelFacts(input_price=D("0.1"))).prices
    assert prices == Prices(input=D("0.1"))
    assert prices.for_prompt(10**9) is prices


@pytest.mark.parametrize("tokens", [0, 200_000])
def test_up_to_200_000_tokens_the_first_tier_holds(tokens: int) -> None:
    prices = ModelView(parse_settings("m", form()), FACTS).prices
    assert prices.for_prompt(tokens) is prices


def test_beyond_the_second_holds_and_what_it_does_not_tell_stays() -> None:
    prices = ModelView(parse_settings("m", form()), FACTS).prices
    assert prices.for_prompt(200_001) == Prices(D("0.6"), D("0.7"), D("0.8"), D("0.9"), D("0.5"))
    partly = Prices(D("0.1"), D("0.2"), D("0.3"), D("0.4"), above_200k=Prices(output=D("0.7")))
    assert partly.for_prompt(200_001) == Prices(D("0.1"), D("0.7"), D("0.3"), D("0.4"))


@pytest.mark.parametrize(("price", "text"), [("0.00001", "10"), ("0.0000025", "2.5"), ("0", "0")])
def test_prices_are_written_without_an_exponent(price: str, text: str) -> None:
    assert str(per_million(D(price))) == text
