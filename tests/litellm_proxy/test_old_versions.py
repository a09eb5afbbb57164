"""What old versions of LiteLLM do otherwise, in the bytes that they were seen to send."""

import json
from typing import Any

import pytest

from harness.upstream import Reply, Upstream, json_reply
from litellm_proxy import litellm_versions as versions
from litellm_proxy.client import ProxyClient
from litellm_proxy.errors import ProxyRejected
from litellm_proxy.limits import MAX_CALLERS
from litellm_proxy.memory import Memory
from litellm_proxy.settings import ProxySettings
from litellm_proxy.wire.error_body import read_error_body
from litellm_proxy.wire.model_info import ProbeRequest
from litellm_proxy.wire.options import RequestOptions
from litellm_proxy.wire.rejected_requests.fallbacks import applied
from translation.errors.causes import Cause, cause_of

ONLY_ADMINS = json_reply(
    {"error": {"message": "Authentication Error, Only proxy admin can be used to generate, delete, update "
               "info for new keys/users/teams. Route=/v1/model/info.", "type": "auth_error",
               "param": "None", "code": "401"}}, 401)  # fmt: skip
ROW = json_reply({"data": [{"model_name": "m", "model_info": {"mode": "chat"}}]})


def asking(upstream: Upstream) -> ProxyClient:
    return ProxyClient(ProxySettings(upstream.url))


def test_the_other_route_of_infos_is_asked_and_remembered(upstream: Upstream) -> None:
    upstream.on("/v1/model/info", ONLY_ADMINS)
    upstream.on("/model/info", ROW)
    for _ in range(3):
        assert [row.model_name for row in asking(upstream).deployments().data] == ["m"]
    paths = [asked.path for asked in upstream.asked]
    assert paths == ["/v1/model/info", "/model/info", "/model/info", "/model/info"]
    # After an update the first one may be the right one again.
    upstream.on("/model/info", json_reply({"detail": "Not Found"}, 404))
    upstream.on("/v1/model/info", ROW)
    asking(upstream).deployments()
    assert versions.info_path(ProxySettings(upstream.url).cache_key) == "/v1/model/info"


def test_the_first_refusal_is_told_where_both_refuse(upstream: Upstream) -> None:
    upstream.on("/v1/model/info", ONLY_ADMINS)
    upstream.on("/model/info", json_reply({"detail": "Not Found"}, 404))
    with pytest.raises(ProxyRejected, match="Only proxy admin"):
        asking(upstream).deployments()


@pytest.mark.parametrize("name", ["messages", "input", "query", "documents", "file"])
def test_a_python_error_for_the_missing_input_lets_the_key_pass(
    upstream: Upstream, name: str
) -> None:
    words = f"Router.acompletion() missing 1 required positional argument: '{name}'"
    upstream.on(
        "m",
        json_reply(
            {"error": {"message": words, "type": "None", "param": "None", "code": "500"}}, 500
        ),
    )
    if name == "documents":
        with pytest.raises(ProxyRejected):
            asking(upstream).probe(ProbeRequest("m", "/v1/rerank"))
    else:
        asking(upstream).probe(ProbeRequest("m", "/v1/chat/completions"))


def test_an_error_in_an_event_stream_is_read_as_the_error_that_it_is(upstream: Upstream) -> None:
    error = {
        "error": {
            "message": "litellm.RateLimitError: slow",
            "type": "throttling_error",
            "param": "None",
            "code": "429",
        }
    }
    body = b"data: " + json.dumps(error).encode() + b"\n\n"
    upstream.on("m", Reply([body], 429, "text/event-stream"))
    with pytest.raises(ProxyRejected) as caught:
        asking(upstream).probe(ProbeRequest("m", "/v1/chat/completions"))
    assert caught.value.message == "litellm.RateLimitError: slow"
    assert cause_of(caught.value) is Cause.RATE_LIMIT
    assert read_error_body(body)[0].type == "throttling_error"


@pytest.mark.parametrize(
    ("answer", "resolves"),
    [
        ({"total_tokens": 0, "model_used": "m", "request_model": "m"}, None),
        ({"model_used": "m", "original_response": None}, False),
        ({"model_used": "openai/x", "original_response": None}, True),
        ({"model_used": "openai/x"}, True),
    ],
)
def test_a_token_counter_that_resolves_nothing_says_nothing(
    upstream: Upstream,
    answer: dict[str, Any],
    resolves: bool | None,  # noqa: FBT001
) -> None:
    upstream.on("m", json_reply(answer))
    assert asking(upstream).resolves("m", RequestOptions()) is resolves


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("429", Cause.RATE_LIMIT),
        ("500", Cause.PROVIDER),
        ("503", Cause.PROVIDER),
        ("400", Cause.REQUEST),
    ],
)
def test_a_providers_status_in_the_words_of_a_400_counts(words: str, cause: Cause) -> None:
    text = f"litellm.BadRequestError: OpenAIException - Error code: {words} - {{'error': 1}}"
    error = ProxyRejected(
        status=400, message="x", text=text, classes=("BadRequestError",), is_provider_error=True
    )
    assert cause_of(error) is cause


@pytest.mark.parametrize(
    ("told", "conceded"),
    [
        ("1.60.0", True),
        ("1.77.7", True),
        ("1.77.7.dev1", True),
        ("1.106.2", False),
        ("", False),
        ("x", False),
    ],
)
def test_an_old_version_is_told_the_end_user_where_it_looks(
    monkeypatch: pytest.MonkeyPatch,
    told: str,
    conceded: bool,  # noqa: FBT001
) -> None:
    monkeypatch.setattr(versions, "_proxies", Memory(10))
    versions.note_version("http://h", {"x-litellm-version": told})
    expected = {"end-user-in-metadata"} if conceded else set()
    assert versions.needed_by("http://h") == expected
    assert versions.needed_by("http://other") == set()
    plain = RequestOptions(user="u", tags=("t",)).request("/x", {"model": "m"})
    request = applied(plain, expected)
    if conceded:
        assert request.body() == {"model": "m", "metadata": {"user_id": "u", "tags": ["t"]}}
        # Of a form it would make nothing but a fault.
        assert request.to_form() == {"model": "m"}
    else:
        assert request.body() == {
            "model": "m", "litellm_metadata": {"user": "u"}, "metadata": {"tags": ["t"]},
        }  # fmt: skip
    assert request.identity_headers()["x-litellm-tags"] == "t"
    without = applied(RequestOptions(user="u").request("/x", {}), {*expected, "no-end-user"})
    assert "user" not in without.to_json().decode()


def test_a_version_of_any_length_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: Memory[str, str] = Memory(10)
    monkeypatch.setattr(versions, "_proxies", kept)
    versions.note_version("http://h", {"x-litellm-version": "1.106.2" + "x" * 60_000})
    assert kept.get("http://h") is None


def test_thousands_of_callers_keep_their_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """All were forgotten at the 4 096th, so that every second pass sent what an old version misreads."""
    monkeypatch.setattr(versions, "_proxies", Memory(MAX_CALLERS))
    for _ in range(2):
        for caller in range(4200):
            versions.note_version(f"key {caller}", {"x-litellm-version": "1.80.0"})
        assert all(versions.needed_by(f"key {caller}") for caller in range(4200))


def test_the_callers_seen_least_recently_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "_proxies", Memory(3))
    for caller in ("a", "b", "c", "a", "d"):
        versions.note_version(caller, {"x-litellm-version": "1.80.0"})
    assert [bool(versions.needed_by(caller)) for caller in "abcd"] == [True, False, True, True]


def test_a_session_is_sent_where_no_version_passes_it_on() -> None:
    options = RequestOptions(session_id="s-1")
    request = options.request("/x", {})
    assert request.body() == {"litellm_trace_id": "s-1"}
    assert request.sent_headers()["x-litellm-session-id"] == "s-1"
    assert (
        "x-litellm-session-id" not in RequestOptions(session_id="größe").request("/x", {}).headers
    )


@pytest.mark.parametrize("code", ["content_policy_violation", "content_filter"])
def test_a_providers_filter_is_told_by_its_code(code: str) -> None:
    text = f"litellm.BadRequestError: OpenAIException - Rejected by our safety system. {code}"
    error = ProxyRejected(
        status=400, message=text, classes=("BadRequestError",), is_provider_error=True
    )
    assert cause_of(error) is Cause.CONTENT_POLICY
