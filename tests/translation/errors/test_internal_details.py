"""What is left out of words that anybody who chats in an app may read."""

import pytest

from litellm_proxy.errors import Failure, ProxyRejected, ProxyUnreachable
from litellm_proxy.wire.error_text import first_sentence
from translation.errors.internal_details import AN_ADDRESS, redact
from translation.errors.messages import (
    MAX_CHARACTERS,
    app_message,
    form_message,
    short_quote,
)
from translation.errors.to_dify import to_invoke_error

INTERNAL = [
    "10.0.0.3",
    "vllm",
    "11434",
    "8000",
    "localhost",
    "llm.example.com",
    ".internal",
    "fd00",
]


@pytest.mark.parametrize(
    "words",
    [
        "Cannot connect to host vllm:8000 ssl:default [Connect call failed ('10.0.0.3', 8000)]",
        "Cannot connect to host vllm ssl:default [Name or service not known]",
        "HTTPConnectionPool(host='localhost', port=11434): Max retries exceeded with url: /api",
        "Connection error to http://10.0.0.3:8000/v1/chat",
        "Connection error to https://vllm/v1.",
        "POST http://gpu-7.internal/v1 failed",
        "error at 10.0.0.3, then at 10.0.0.3:8000",
        "gpu-7.internal:8000 is away",
        "[fd00::1]:8000 is away",
        "502 from llm.example.com",
        "see https://llm.example.com/login",
        "svc.models.svc.cluster.local is away",
    ],
)
def test_addresses_of_a_private_network(words: str) -> None:
    told = redact(words, "https://llm.example.com:4000")
    assert AN_ADDRESS in told
    assert not [each for each in INTERNAL if each in told]


@pytest.mark.parametrize(
    "words",
    [
        "See https://platform.openai.com/account/api-keys.",
        "Model qwen2.5:72b takes max_tokens:4096 at most, not 8192.",
        "Version 1.106.2 has no route to host it.",
        "gpt-4.1-mini: temperature 0.7 is too high (status 400, code: 11200)",
        "Use 3.5 of 4.5 at 12:30.",
        "The host is busy.",
    ],
)
def test_what_is_no_address_stays(words: str) -> None:
    assert redact(words, "http://litellm:4000") == words


@pytest.mark.parametrize(
    "message",
    [
        "No deployments available, try again in 5 s. Passed model=m. pre-call-checks=False, cooldown_list=['a']",
        "Wrong. Received Model Group=gpt\nAvailable Model Group Fallbacks=['b']",
        "No fallback model group found for original model_group=gpt. Fallbacks=[{'gpt': ['b']}]",
        "Wrong. Error doing the fallback: litellm.RateLimitError",
        "crossed budget: model_name: poor, litellm_params.model: openai/m, model_id: 0a1b: 4.5 >= 1d",
        "cooldown_list=['0a1b'] and the rest",
        "Wrong. context_window_fallbacks=[{'a': ['b']}]",
    ],
)
def test_litellms_bookkeeping(message: str) -> None:
    error = ProxyRejected(status=429, message=first_sentence(message), base_url="http://litellm")
    told = str(to_invoke_error(error))
    for word in ("cooldown_list", "pre-call-checks", "Model Group=", "allbacks=", "model_group",
                 "litellm_params", "model_id", "doing the fallback"):  # fmt: skip
        assert word not in told


@pytest.mark.parametrize("owner", ["API Key", "team"])
def test_what_else_a_key_may_use(owner: str) -> None:
    words = (
        f"{owner} not allowed to access model. This {owner.split(maxsplit=1)[0].lower()} can only access "
        "models=['secret-project', 'gpt-4']. Tried to access described"
    )
    told = redact(words)
    assert told == f"{owner} not allowed to access model. Tried to access described"


def test_what_cannot_be_reached_is_told_without_its_address() -> None:
    for failure in Failure:
        error = ProxyUnreachable(
            failure,
            "http://litellm.internal:4000",
            "litellm.internal",
            "http://proxy.internal:3128",
        )
        told = str(to_invoke_error(error))
        assert "internal" not in told
        assert "http" not in told
        assert "container" not in told
        assert failure.value in told
        assert f"(call id {error.call_id})" in told


def test_a_redirect_does_not_tell_where_to() -> None:
    error = ProxyRejected(status=302, message="redirected to https://sso.example.org/login?a=b")
    assert "sso" not in str(to_invoke_error(error))


def test_advice_for_the_administrator_of_litellm_is_left_out() -> None:
    words = (
        "litellm.UnsupportedParamsError: openai does not support parameters: ['response_format'], for "
        "model=gpt-4. To drop these, set `litellm.drop_params=True` or for proxy:\n\n`litellm_settings:\n "
        "drop_params: true`\n"
    )
    assert first_sentence(words) == (
        "litellm.UnsupportedParamsError: openai does not support parameters: ['response_format'], for "
        "model=gpt-4."
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("Team=t not allowed to call model=m. Allowed team models = ['a', 'b']",
         "Team=t not allowed to call model=m."),
        ("Member not allowed to call model=m. Allowed member models = ['a']",
         "Member not allowed to call model=m."),
        ("Role=r not allowed to call model=m. Allowed models=['a']", "Role=r not allowed to call model=m."),
        ("Model m not allowed. Allowed_models=['a']", "Model m not allowed."),
        ("Key is not allowed to call this route. Only allowed to call routes: ['/a']. Tried: /v1",
         "Key is not allowed to call this route. Tried: /v1"),
        ("Not allowed to access this route. Route=/a, Allowed Routes=['/b']",
         "Not allowed to access this route. Route=/a,"),
        ("User not in allowed teams. Allowed teams: ['x']", "User not in allowed teams."),
        ("The allowed models are listed in the manual.", "The allowed models are listed in the manual."),
        ("temperature: allowed values: [0, 1]", "temperature: allowed values: [0, 1]"),
    ],
)  # fmt: skip
def test_no_list_of_what_else_is_allowed(words: str, told: str) -> None:
    assert redact(words) == told


@pytest.mark.parametrize(
    ("words", "holder"),
    [
        ("Budget has been exceeded! Current cost: 12.5, Max budget: 10.0", "key"),
        ("Budget has been exceeded! Key=sk-...abcd Current cost: 12.5, Max budget: 10.0", "key"),
        ("Budget has been exceeded! Team=99c7-11 Current cost: 1204.55, Max budget: 1200.0", "team"),
        ("Budget has been exceeded! TeamMember=alice@corp.example Current cost: 12.5", "team member"),
        ("ExceededBudget: User=alice@corp.example over budget. Spend=12.5, Budget=10", "user"),
        ("ExceededBudget: End User=alice over budget. Spend=12.5, Budget=10", "end user"),
        ("Budget has been exceeded! Organization=acme Current cost: 12.5, Max budget: 10.0", "organization"),
        ("Budget has been exceeded! Tag=secret-project Current cost: 12.5", "tag"),
        ("LiteLLM Team: 99c7, exceeded budget for model=gpt-4", "team"),
        ("No deployments available - crossed budget: Exceeded budget for provider openai: 12.5 >= 10", "provider"),
    ],
)  # fmt: skip
def test_a_used_up_budget_is_told_by_its_kind_alone(words: str, holder: str) -> None:
    error = ProxyRejected(status=400, message=words, error_type="budget_exceeded", call_id="c-1")
    told = app_message(error)
    assert told == (
        f"The {holder}'s budget is used up; raise it in LiteLLM or use another key. LiteLLM 400 (call id c-1)"
    )
    for part in ("12.5", "1204", "alice", "99c7", "acme", "secret", "corp.example", "sk-"):
        assert part not in told
    first = f"The {holder}'s budget is used up: raise it in LiteLLM. (LiteLLM 400: "
    quote = short_quote(words, MAX_CHARACTERS - len(f"{first})"))
    assert quote
    assert form_message(error) == f"{first}{quote})"


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("team_id=99c7-11 may not call", "team_id may not call"),
        ("User alice.b+x@corp.example is blocked", "User an e-mail address is blocked"),
        ('user_email: "bob@corp.example" is not allowed', "user_email is not allowed"),
        ("Key alias=prod-2 is blocked", "Key alias is blocked"),
        ("The key: value pair is missing", "The key: value pair is missing"),
        ("user: required", "user: required"),
        ("unexpected key: 'x_1'", "unexpected key: 'x_1'"),
        ("Team=marketing is blocked.", "Team is blocked."),
        (
            "Rate limit exceeded for team_member: 0f3c2f6e-11:jane. Limit type: tokens",
            "Rate limit exceeded for team_member Limit type: tokens",
        ),
        (
            "limit for gpt-4o in organization org-AbCd1 on project proj_abc123",
            "limit for gpt-4o in organization on project",
        ),
        (
            "User: arn:aws:sts::123456789012:assumed-role/litellm-prod/s is not authorized",
            "User is not authorized",
        ),
        ("redis://:pw@redis-master:6379/0 is away", "an internal address is away"),
        ("[19:40:57] CUDA out of memory", "[19:40:57] CUDA out of memory"),
    ],
)
def test_identities_are_named_by_kind(words: str, left: str) -> None:
    assert redact(words) == left
