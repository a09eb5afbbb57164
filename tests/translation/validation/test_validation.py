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
from litellm_proxy.wire.model_facts import ModelFacts
from translation.form.settings import parse_settings
from translation.validation.form_problem import (
    LLM,
    RERANK,
    TEXT_EMBEDDING,
    TTS,
    Findings,
    Kind,
    form_problem_of,
    is_key_accepted,
    is_plain_500,
    key_problem,
    no_usable_model,
)
from translation.validation.stored_facts import VARIABLE, stored_learned, to_stored

URL = "http://litellm:4000"
NOT_LITELLM = "Base URL does not look like a LiteLLM proxy: check it."
UNREACHABLE = ProxyUnreachable(Failure.REFUSED, URL)
NOTHING_ANSWERS = (
    f"Nothing answers at {URL} (connection refused). Check Base URL, and that LiteLLM runs."
)
GATEWAY_DOWN = "LiteLLM does not answer behind this address: check that it runs."
GATEWAY_KEY = "A server in front of LiteLLM wants a key of its own: put it into Extra Headers."
NO_DATABASE = (
    "API key was not accepted: LiteLLM is starting, or has no database and takes its master key alone. "
    "(LiteLLM 400: Its words)"
)


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
    return form_problem_of(model, kind, Findings(probe, found, **known))


def test_a_model_that_is_known_is_taken() -> None:
    assert refusal() is None
    assert refusal("openai/x", names=["openai/*"]) is None


def test_a_pattern_is_no_model() -> None:
    told = refusal("openai/*", names=["openai/*"])
    assert told == '"openai/*" is a pattern: enter the name of one model that it stands for.'


@pytest.mark.parametrize(
    ("mode", "kind", "told"),
    [
        ("embedding", LLM,
         "a text embedding model (mode embedding): add it as that type, not as an LLM."),
        ("rerank", TEXT_EMBEDDING,
         "a rerank model (mode rerank): add it as that type, not as a text embedding model."),
        ("audio_speech", LLM,
         "a text-to-speech model (mode audio_speech): add it as that type, not as an LLM."),
        ("video_generation", LLM,
         "a video model (mode video_generation), which Dify cannot use: choose another model."),
        ("ocr", TTS,
         "a model that reads documents (mode ocr), which Dify cannot use: choose another model."),
    ],
)  # fmt: skip
def test_a_model_of_another_kind_is_told_by_its_kind(mode: str, kind: Kind, told: str) -> None:
    assert refusal(kind=kind, facts=ModelFacts(mode=mode)) == f'"gpt-5" is {told}'


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
        (ProxyProtocolError("it sang."), f"{NOT_LITELLM} (It answered, but it sang)"),
        (UNREACHABLE, NOTHING_ANSWERS),
        (rejected(401, "auth_error"), "API key was rejected: check it. (LiteLLM 401: Its words)"),
        (
            rejected(401, "expired_key"),
            "API key has expired: enter another one. (LiteLLM 401: Its words)",
        ),
        (rejected(400, "no_db_connection"), NO_DATABASE),
        (rejected(404, origin=Origin.TEXT), f'{NOT_LITELLM} ({URL} answered 404: "Its words.")'),
        (rejected(404), f'{NOT_LITELLM} ({URL} answered 404: "Its words.")'),
        (
            rejected(400, "budget_exceeded"),
            "The key's budget is used up: raise it in LiteLLM. (LiteLLM 400: Its words)",
        ),
        (
            rejected(401, classes=("TagsRejected",)),
            "LiteLLM rejects this model with these tags: change Tags. (LiteLLM 401: Its words)",
        ),
        (
            rejected(500),
            "LiteLLM failed: try again, or look at LiteLLM's log. (LiteLLM 500: Its words)",
        ),
        (
            rejected(408),
            "The model took too long: try again, or raise Timeout. (LiteLLM 408: Its words)",
        ),
        (rejected(400, origin=Origin.TEXT), f'{NOT_LITELLM} ({URL} answered 400: "Its words.")'),
        (rejected(429), None),
        (rejected(429, origin=Origin.TEXT), None),
        (rejected(429, "all_deployments_in_cooldown"), None),
        (rejected(400), None),
        (rejected(400, origin=Origin.OTHER_API), None),
    ],
)
def test_the_refusal_of_a_model_says_what_is_wrong(probe: ProxyError, told: str | None) -> None:
    assert refusal(probe=probe) == told


def test_the_proxys_words_end_without_a_full_stop() -> None:
    assert refusal(probe=ProxyProtocolError("it sang...")) == (
        f"{NOT_LITELLM} (It answered, but it sang)"
    )
    assert (
        refusal(probe=ProxyProtocolError("it is X")) == f"{NOT_LITELLM} (It answered, but it is X)"
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
        ([], "The API key may use no model at all."),
        (["openai/*"], "The API key may use no model at all."),
        (["b", "a", "openai/*"], "Closest: b, a."),
        (UNREACHABLE, "LiteLLM does not list what the key may use."),
    ],
)
def test_a_key_without_the_model_hears_what_it_may_use(
    names: list[str] | ProxyError, offer: str
) -> None:
    told = refusal(probe=rejected(403, "key_model_access_denied"), names=names)
    assert told == f'API key may not use "gpt-5". {offer}'


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
    assert told is None or told == 'LiteLLM does not know "gpt-6". Closest: gpt-5.'


def closest(model: str, names: list[str]) -> str | None:
    told = refusal(model, names=names)
    return told and told.partition(" Closest: ")[2]


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
        (ProxyProtocolError("it sang"), f"{NOT_LITELLM} ({URL}: it sang)"),
        (UNREACHABLE, NOTHING_ANSWERS),
        (rejected(401, "auth_error"), "API key was rejected: check it. (LiteLLM 401: Its words)"),
        (
            rejected(401, "expired_key"),
            "API key has expired: enter another one. (LiteLLM 401: Its words)",
        ),
        (rejected(400, "no_db_connection"), NO_DATABASE),
        (
            rejected(400, "budget_exceeded"),
            "The key's budget is used up: raise it in LiteLLM. (LiteLLM 400: Its words)",
        ),
        (
            rejected(502, origin=Origin.PAGE),
            f"{GATEWAY_DOWN} (Server in front 502: Its words)",
        ),
        (
            rejected(401, origin=Origin.PAGE),
            f"{GATEWAY_KEY} (Server in front 401: Its words)",
        ),
        (
            rejected(500),
            "LiteLLM failed: try again, or look at LiteLLM's log. (LiteLLM 500: Its words)",
        ),
        (rejected(400), "LiteLLM rejected the test request. (LiteLLM 400: Its words)"),
        (rejected(404), f'{NOT_LITELLM} ({URL} answered 404: "Its words.")'),
        (rejected(500, origin=Origin.TEXT), f'{NOT_LITELLM} ({URL} answered 500: "Its words.")'),
        (rejected(404, origin=Origin.PAGE), f'{NOT_LITELLM} ({URL} answered 404: "Its words.")'),
        (rejected(403), None),
        (rejected(429), None),
        (rejected(429, "all_deployments_in_cooldown"), None),
    ],
)
def test_a_key_is_refused_unless_its_lists_are_closed_for_another_reason(
    error: ProxyError, told: str | None
) -> None:
    assert key_problem(error, URL) == told


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
    assert is_plain_500(error) is is_bare
    assert is_key_accepted(error) is knows


@pytest.mark.parametrize(
    ("names", "offer"),
    [
        ([], "It can use no model at all."),
        (["a"], "It can use a."),
        (["b/*", "b", "a"], "It can use b, a, b/*."),
        (["a*", "c", "b", "a"], "It can use c, b, a."),
    ],
)
def test_a_key_for_none_of_a_catalogue_hears_what_it_can_use(names: list[str], offer: str) -> None:
    assert no_usable_model(200, names) == (
        f"API key can use none of this catalogue's 200 models: enter another key, or rebuild the catalogue with this one. {offer}"
    )


def test_what_is_kept_with_a_form_is_short() -> None:
    facts = ModelFacts(mode="chat", supported_params=("tools", "user", "seed"), vision=True)
    assert to_stored(facts) == '{"mode":"chat","vision":true,"supported_params":["seed","tools"]}'
    assert to_stored(ModelFacts()) == "{}"
    assert stored_learned({VARIABLE: to_stored(facts)}, date(2026, 11, 30)) == {}
    assert parse_settings("m", {"base_url": URL, VARIABLE: "{}"}).model == "m"
