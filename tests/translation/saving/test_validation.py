"""May a form be saved: by the refusal of its model, by the refusal of the lists, by the names."""

from datetime import date
from typing import Any

import pytest

from litellm_proxy.errors import (
    Failure,
    Origin,
    ProxyError,
    ProxyProtocolError,
    ProxyRejected,
    ProxyUnreachable,
)
from translation.facts.model_facts import ModelFacts
from translation.form.settings import parse_settings
from translation.saving.stored_facts import VARIABLE, stored_learned, to_stored
from translation.saving.validation import (
    LLM,
    RERANK,
    TEXT_EMBEDDING,
    TTS,
    Findings,
    Kind,
    is_a_bare_fault,
    knows_the_key,
    none_usable,
    refusal_of,
    refusal_of_key,
)

URL = "http://litellm:4000"
NOT_LITELLM = "Base URL does not look like a LiteLLM proxy: check it."
UNREACHABLE = ProxyUnreachable(Failure.REFUSED, URL)


def rejected(status: int, error_type: str | None = None, **more: Any) -> ProxyRejected:
    return ProxyRejected(
        status=status, message="Its words.", error_type=error_type, base_url=URL, **more
    )


def refusal(
    model: str = "gpt-5",
    *,
    kind: Kind = LLM,
    probe: ProxyError | None = None,
    names: list[str] | ProxyError | None = None,
    **more: Any,
) -> str | None:
    found = ["gpt-5"] if names is None else names
    known: dict[str, Any] = {
        "facts": ModelFacts(), "in_a_list": False, "resolves": False, "is_litellm": False, **more
    }  # fmt: skip
    return refusal_of(model, kind, Findings(probe, found, **known))


def test_a_model_that_is_known_is_taken() -> None:
    assert refusal() is None
    assert refusal("openai/x", names=["openai/*"]) is None


def test_a_pattern_is_no_model() -> None:
    told = refusal("openai/*", names=["openai/*"])
    assert told
    assert told.startswith('"openai/*" is a pattern; give the name of one model')


@pytest.mark.parametrize(
    ("mode", "kind", "told"),
    [
        ("embedding", LLM, "is a text embedding model: add it as that type, not as an LLM"),
        ("rerank", TEXT_EMBEDDING, "is a rerank model: add it as that type, not as a text emb"),
        ("audio_speech", LLM, "is a text-to-speech model: add it as that type"),
        ("video_generation", LLM, "is a video model, for which Dify has no place"),
        ("ocr", TTS, "is a model that reads documents, for which Dify has no place"),
    ],
)
def test_a_model_of_another_kind_is_told_by_its_kind(mode: str, kind: Kind, told: str) -> None:
    refused = refusal(kind=kind, facts=ModelFacts(mode=mode))
    assert refused
    assert refused.startswith(f'"gpt-5" {told}')
    assert f"(mode {mode} on the proxy)." in refused


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("embedding", TEXT_EMBEDDING), ("chat", LLM), ("completion", LLM), ("image_generation", LLM),
     ("something_new", RERANK), (None, RERANK)],
)  # fmt: skip
def test_a_model_of_its_kind_or_of_none_is_taken(mode: str | None, kind: Kind) -> None:
    assert refusal(kind=kind, facts=ModelFacts(mode=mode)) is None


@pytest.mark.parametrize(
    ("prices", "is_sure"),
    [({}, False), ({"input_price": 0}, True), ({"output_price": 0}, True),
     ({"input_price": 0, "output_price": 0}, True)],
)  # fmt: skip
def test_a_chat_without_a_price_may_be_anything(prices: dict[str, Any], is_sure: bool) -> None:  # noqa: FBT001
    told = refusal(kind=TEXT_EMBEDDING, facts=ModelFacts(mode="chat", **prices))
    assert (told is not None) is is_sure
    embedding = ModelFacts(mode="embedding", **prices)
    assert refusal(kind=RERANK, facts=embedding) is not None


@pytest.mark.parametrize(
    ("probe", "told"),
    [
        (ProxyProtocolError("it sang."), f"{NOT_LITELLM} It answered, but it sang."),
        (UNREACHABLE, "LiteLLM cannot be reached: check Base URL"),
        (rejected(401, "auth_error"), "The API key was refused: check API Key."),
        (rejected(401, "expired_key"), "The API key has expired: enter another one."),
        (rejected(400, "no_db_connection"), "The API key is wrong: this proxy has no database"),
        (rejected(404, origin=Origin.TEXT), f'{NOT_LITELLM} {URL} answered 404: "Its words."'),
        (rejected(404), f'{NOT_LITELLM} {URL} answered 404: "Its words."'),
        (rejected(400, "budget_exceeded"), "The API key is right, but its budget is used up"),
        (rejected(401, classes=("TagsRefused",)), "LiteLLM refuses this model with these tags"),
        (rejected(500), "LiteLLM failed: try again"),
        (rejected(408), "LiteLLM did not answer in time"),
        (rejected(400, origin=Origin.TEXT), f'{NOT_LITELLM} {URL} answered 400: "Its words."'),
        (rejected(429), None),
        (rejected(429, origin=Origin.TEXT), None),
        (rejected(429, "all_deployments_in_cooldown"), None),
        (rejected(400), None),
        (rejected(400, origin=Origin.OTHER_API), None),
    ],
)
def test_the_refusal_of_a_model_says_what_is_wrong(probe: ProxyError, told: str | None) -> None:
    refused = refusal(probe=probe)
    assert refused.startswith(told) if refused and told else refused is told


def test_the_proxys_words_end_with_one_full_stop() -> None:
    assert refusal(probe=ProxyProtocolError("it sang...")) == (
        f"{NOT_LITELLM} It answered, but it sang."
    )
    assert (
        refusal(probe=ProxyProtocolError("it is X")) == f"{NOT_LITELLM} It answered, but it is X."
    )


@pytest.mark.parametrize(("status", "passes"), [(500, True), (408, True), (401, False)])
def test_faults_of_a_provider_pass_where_litellm_is_known_to_be_there(
    status: int,
    passes: bool,  # noqa: FBT001
) -> None:
    assert (refusal(probe=rejected(status), is_litellm=True) is None) is passes


@pytest.mark.parametrize(
    ("names", "offer"),
    [
        ([], "It may use no model at all."),
        (["openai/*"], "It may use no model at all."),
        (["b", "a", "openai/*"], "The closest names: "),
        (UNREACHABLE, "Which models it may use, the proxy does not tell."),
    ],
)
def test_a_key_without_the_model_hears_what_it_may_use(
    names: list[str] | ProxyError, offer: str
) -> None:
    told = refusal(probe=rejected(403, "key_model_access_denied"), names=names)
    assert told
    assert told.startswith(f'The API key is right, but may not use "gpt-5". {offer}')
    assert "*" not in told


@pytest.mark.parametrize(
    ("more", "is_refused"),
    [
        ({}, True),
        ({"in_a_list": True}, False),
        ({"resolves": True}, False),
        ({"resolves": None}, False),
        ({"names": UNREACHABLE}, False),
        ({"names": UNREACHABLE, "resolves": True}, False),
        ({"in_a_list": True, "resolves": None}, False),
    ],
)
def test_only_a_name_that_is_surely_unknown_is_refused(
    more: dict[str, Any],
    is_refused: bool,  # noqa: FBT001
) -> None:
    told = refusal("gpt-6", **more)
    assert (told is not None) is is_refused
    assert told is None or told == (
        'The proxy does not know a model "gpt-6". The closest names: gpt-5.'
    )


def closest(model: str, names: list[str]) -> str | None:
    told = refusal(model, names=names)
    return told and told.partition("The closest names: ")[2]


def test_the_names_that_are_most_alike_are_offered() -> None:
    names = ["claude-sonnet", "gpt-4.1", "gpt-4o-mini", "gpt-4o", "mistral"]
    assert closest("gpt-4p", names) == "gpt-4o, gpt-4.1, gpt-4o-mini."
    assert closest("zzz", ["a"]) == "a."


def test_among_many_names_those_that_share_most_with_it_are_compared() -> None:
    others = [f"a-{number:03}-sonnet-{'x' * 300}" for number in range(60)]
    wanted = ["anthropic/claude-sonnet-4", "claude-sonnet-4-5", "claude-4"]
    assert closest("claude-sonnet-4", [*others, *wanted]) == (
        "claude-sonnet-4-5, anthropic/claude-sonnet-4, claude-4."
    )


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ProxyProtocolError("it sang"), f"{NOT_LITELLM} {URL}: it sang."),
        (UNREACHABLE, "LiteLLM cannot be reached: check Base URL"),
        (rejected(401, "auth_error"), "The API key was refused: check API Key."),
        (rejected(401, "expired_key"), "The API key has expired: enter another one."),
        (rejected(400, "no_db_connection"), "The API key is wrong: this proxy has no database"),
        (rejected(400, "budget_exceeded"), "The API key is right, but its budget is used up"),
        (rejected(502, origin=Origin.PAGE), "LiteLLM does not answer behind this address"),
        (rejected(401, origin=Origin.PAGE), "Something in front of LiteLLM wants a key"),
        (rejected(500), "LiteLLM failed: try again"),
        (rejected(400), "LiteLLM refused the question of this form."),
        (rejected(404), f'{NOT_LITELLM} {URL} answered 404: "Its words."'),
        (rejected(500, origin=Origin.TEXT), f'{NOT_LITELLM} {URL} answered 500: "Its words."'),
        (rejected(404, origin=Origin.PAGE), f'{NOT_LITELLM} {URL} answered 404: "Its words."'),
        (rejected(403), None),
        (rejected(429), None),
        (rejected(429, "all_deployments_in_cooldown"), None),
    ],
)
def test_a_key_is_refused_unless_its_lists_are_closed_for_another_reason(
    error: ProxyError, told: str | None
) -> None:
    refused = refusal_of_key(error, URL)
    assert refused.startswith(told) if refused and told else refused is told


@pytest.mark.parametrize(
    ("error", "is_bare", "knows"),
    [
        (rejected(500, origin=Origin.TEXT), True, False),
        (rejected(500), False, False),
        (rejected(502, origin=Origin.TEXT), False, False),
        (rejected(403), False, True),
        (rejected(401), False, False),
        (UNREACHABLE, False, False),
        (ProxyProtocolError("no"), False, False),
    ],
)
def test_what_the_refusal_of_a_list_tells_of_a_key(
    error: ProxyError,
    is_bare: bool,  # noqa: FBT001
    knows: bool,  # noqa: FBT001
) -> None:
    assert is_a_bare_fault(error) is is_bare
    assert knows_the_key(error) is knows


@pytest.mark.parametrize(
    ("names", "offer"),
    [
        ([], "It can use no model at all."),
        (["a"], 'It can use "a".'),
        (["b/*", "b", "a"], 'It can use "b", "a", "b/*".'),
        (["a*", "c", "b", "a"], 'It can use "c", "b", "a".'),
    ],
)
def test_a_key_for_none_of_a_catalogue_hears_what_it_can_use(names: list[str], offer: str) -> None:
    told = none_usable(200, names)
    assert "none of this catalogue's 200 models" in told
    assert told.endswith(f". {offer}")


def test_what_is_kept_with_a_form_is_short() -> None:
    facts = ModelFacts(mode="chat", supported_params=("tools", "user", "seed"), vision=True)
    assert to_stored(facts) == '{"mode":"chat","vision":true,"supported_params":["seed","tools"]}'
    assert to_stored(ModelFacts()) == "{}"
    assert stored_learned({VARIABLE: to_stored(facts)}, date(2026, 11, 30)) == {}
    assert parse_settings("m", {"base_url": URL, VARIABLE: "{}"}).model == "m"
