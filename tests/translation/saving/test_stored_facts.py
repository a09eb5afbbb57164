from litellm_proxy.wire.concessions import Concession
from translation.facts.model_facts import ModelFacts
from translation.saving.stored_facts import VARIABLE, from_stored, stored_concessions, to_stored


def test_what_calls_have_shown_is_kept_with_the_form() -> None:
    facts = ModelFacts(
        mode="embedding",
        supported_params=("input_type", "dimensions"),
        refused_params=frozenset({"temperature"}),
    )
    conceded = frozenset({Concession.FLOATS, Concession.NO_END_USER})
    form = {VARIABLE: to_stored(facts, conceded)}
    assert from_stored(form).refused_params == frozenset({"temperature"})
    assert set(from_stored(form).supported_params or ()) == {"input_type", "dimensions"}
    assert stored_concessions(form) == conceded


def test_garbled_concessions_are_none() -> None:
    for text in (
        "",
        "{",
        "[]",
        '{"concessions": 5}',
        '{"concessions": ["unknown", 7]}',
        "concessions",
    ):
        assert stored_concessions({VARIABLE: text}) == frozenset()
