"""Which endpoint a fact came from, and what the rows of the lists amount to."""

import pytest

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.wire.model_facts import ModelFacts
from litellm_proxy.wire.model_info import ModelList
from translation.facts.discovery import DEPLOYMENTS, GROUP, LISTING, Discovery, facts_of_listing

FOUND = Discovery({
    DEPLOYMENTS: ModelFacts(context_size=100, vision=True),
    GROUP: ModelFacts(mode="chat", context_size=200, function_calling=True),
    LISTING: ModelFacts(mode="chat", context_size=100, max_output_tokens=50),
})  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "source"),
    [
        ("context_size", 100, DEPLOYMENTS),
        ("vision", True, DEPLOYMENTS),
        ("mode", "chat", GROUP),
        ("max_output_tokens", 50, LISTING),
        ("function_calling", None, None),
        ("input_price", None, None),
    ],
)
def test_a_fact_comes_from_the_most_detailed_endpoint_that_knows_it(
    field: str, value: object, source: str | None
) -> None:
    assert getattr(FOUND.facts, field) == value
    assert FOUND.source(field) == source


def test_endpoints_that_refused_or_knew_nothing_are_no_source() -> None:
    found = Discovery({
        DEPLOYMENTS: ProxyProtocolError("no"), GROUP: None, LISTING: ModelFacts(mode="chat"),
    })  # fmt: skip
    assert found.source("mode") == LISTING
    assert Discovery({DEPLOYMENTS: None}).source("mode") is None


def test_a_listing_tells_facts_by_name() -> None:
    rows = [
        {"id": "a", "mode": "chat", "max_input_tokens": 100, "max_output_tokens": 50},
        {"id": "b"},
    ]
    assert dict(facts_of_listing(ModelList.model_validate({"data": rows}))) == {
        "a": ModelFacts(mode="chat", context_size=100, max_output_tokens=50),
        "b": ModelFacts(),
    }
