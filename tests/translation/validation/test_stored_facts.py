import json
from datetime import date, timedelta

import pytest

from litellm_proxy.wire.model_facts import ModelFacts
from translation.validation.stored_facts import (
    KEPT_DAYS,
    VARIABLE,
    from_stored,
    stored_learned,
    to_stored,
)

TODAY = date(2026, 11, 30)


def test_what_calls_have_shown_is_kept_with_the_form_for_a_week() -> None:
    facts = ModelFacts(mode="embedding", supported_params=("input_type", "dimensions"))
    learned = {"floats": TODAY, "temperature": TODAY - timedelta(days=2)}
    form = {VARIABLE: to_stored(facts, learned)}
    assert set(from_stored(form).supported_params or ()) == {"input_type", "dimensions"}
    assert stored_learned(form, TODAY) == learned
    assert stored_learned(form, TODAY + timedelta(days=KEPT_DAYS - 1)) == {"floats": TODAY}
    assert stored_learned(form, TODAY + timedelta(days=KEPT_DAYS + 1)) == {}


@pytest.mark.parametrize(
    "learned", [5, ["floats"], {"floats": 7}, {"floats": "soon"}, {"floats": None}]
)
def test_garbled_dates_are_none(learned: object) -> None:
    text = json.dumps({"learned": learned})
    assert stored_learned({VARIABLE: text}, TODAY) in ({}, {"floats": date(1970, 1, 1)})


@pytest.mark.parametrize("text", ["", "{", "[]", "learned", '{"concessions": ["floats"]}'])
def test_garbled_facts_are_none(text: str) -> None:
    assert stored_learned({VARIABLE: text}, TODAY) == {}
