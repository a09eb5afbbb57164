"""Where the proxy is told who a call is for: in the body, in headers, in a form."""

import json
import re
from typing import Any

import pytest

from litellm_proxy.wire.options import RequestOptions
from litellm_proxy.wire.rejected_requests.fallbacks import applied
from litellm_proxy.wire.request import Request

ALL: dict[str, Any] = {"user": "u", "tags": ("t",), "app": "a", "session_id": "s"}
TAGGED = {"tags": ["t", "dify-app:a"]}
TOLD = {"litellm_metadata": {"user": "u"}, "litellm_trace_id": "s", "metadata": TAGGED}


def asking(*fallbacks: str, own: dict[str, Any] | None = None, **fields: Any) -> Request:
    return applied(RequestOptions(**fields).request("/x", own or {}), fallbacks)


@pytest.mark.parametrize(
    ("fallbacks", "body"),
    [
        ([], TOLD),
        (["end-user-in-body"], {"user": "u", "litellm_trace_id": "s", "metadata": TAGGED}),
        (["end-user-in-metadata"],
         {"litellm_trace_id": "s", "metadata": {"user_id": "u", **TAGGED}}),
        (["end-user-in-metadata", "end-user-in-body"],
         {"user": "u", "litellm_trace_id": "s", "metadata": TAGGED}),
        (["no-end-user", "end-user-in-body"], {"litellm_trace_id": "s", "metadata": TAGGED}),
        (["no-session"], {"litellm_metadata": {"user": "u"}, "metadata": TAGGED}),
        (["no-metadata"], {"litellm_metadata": {"user": "u"}, "litellm_trace_id": "s"}),
        (["no-tag-of-the-app"],
         {**TOLD, "metadata": {"tags": ["t"], "spend_logs_metadata": {"dify_app": "a"}}}),
    ],
)  # fmt: skip
def test_the_body(fallbacks: list[str], body: dict[str, Any]) -> None:
    assert asking(*fallbacks, **ALL).body() == body


def test_own_fields_win_and_what_is_not_set_is_not_sent() -> None:
    extra = {"model": "other", "seed": 1, "metadata": {"tags": ["x"]}, "litellm_metadata": {"y": 2}}
    own = {"model": "m", "stop": None, "top_n": 0}
    body = asking(extra=extra, own=own, **ALL).body()
    assert body == {
        "model": "m", "seed": 1, "top_n": 0, "litellm_trace_id": "s",
        "metadata": {"tags": ["x", "t", "dify-app:a"]},
        "litellm_metadata": {"y": 2, "user": "u"},
    }  # fmt: skip
    assert extra["metadata"] == {"tags": ["x"]}


SESSION, USER, TAGS = "x-litellm-session-id", "x-litellm-end-user-id", "x-litellm-tags"
TRACE = "traceparent"
TRACE_OF_S = "00-043a718774c572bd8a25adbeb1bfcd5c-0256ae11cecf9f9c-01"
"""The first 48 digits of SHA-256 of "s"."""


@pytest.mark.parametrize(
    ("given", "in_json", "in_form"),
    [
        (asking(), {}, {}),
        (
            asking(**ALL),
            {SESSION: "s", TRACE: TRACE_OF_S},
            {SESSION: "s", TRACE: TRACE_OF_S, USER: "u", TAGS: "t,dify-app:a"},
        ),
        (asking(tags=("dify-app:a",), app="a"), {}, {TAGS: "dify-app:a"}),
        (asking("any-type"), {"Accept": "*/*"}, {"Accept": "*/*"}),
        (asking("no-session", session_id="s"), {TRACE: TRACE_OF_S}, {TRACE: TRACE_OF_S}),
        (asking("no-metadata", tags=("t", "v")), {TAGS: "t,v"}, {TAGS: "t,v"}),
        (asking("no-metadata", tags=("a,b", "ü", "t\n")), {}, {}),
        (asking(tags=("a,b", "ok", "ü")), {}, {TAGS: "ok"}),
        (asking(user="ü"), {}, {}),
        (asking(user="a\nb"), {}, {}),
        (asking("no-end-user", user="u"), {}, {}),
        (asking("end-user-in-body", user="u"), {}, {}),
        (asking("end-user-in-metadata", user="u"), {}, {USER: "u"}),
    ],
)
def test_headers(given: Request, in_json: dict[str, str], in_form: dict[str, str]) -> None:
    assert given.sent_headers() == in_json
    assert given.identity_headers() == in_form


@pytest.mark.parametrize("session", ["sé", "s\r\nx: y", "\ud800", "a,b", "s" * 255])
def test_the_trace_of_a_session(session: str) -> None:
    headers, again = asking(session_id=session).headers, asking(session_id=session).headers
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", headers[TRACE])
    assert headers == again
    assert headers[TRACE] != asking(session_id="another").headers[TRACE]
    assert (SESSION in headers) == session.startswith("ss")


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        (asking(user="u", tags=("t",)), {}),
        (asking(user="ü", tags=("t",)), {"litellm_metadata": {"user": "ü"}}),
        (asking(user="u", tags=("ü", "t")), {"metadata": {"tags": ["ü", "t"]}}),
        (asking("end-user-in-body", user="u"), {"user": "u"}),
        (asking("end-user-in-metadata", user="ü", tags=("ü",)), {}),
        (asking(user="u", extra={"litellm_metadata": {"x": 1}}),
         {"litellm_metadata": {"x": 1, "user": "u"}}),
        (asking(tags=("t",), extra={"metadata": {"x": 1}}),
         {"metadata": {"x": 1, "tags": ["t"]}}),
        (asking("no-tag-of-the-app", app="a"), {}),
        (asking(session_id="s"), {"litellm_trace_id": "s"}),
        (asking(extra={"language": "d\ud800e", "temperature": 0, "verbose": False}),
         {"language": "d?e", "temperature": 0, "verbose": False}),
    ],
)  # fmt: skip
def test_a_form(given: Request, fields: dict[str, Any]) -> None:
    form = given.having(model="m").to_form()
    assert form.pop("model") == "m"
    assert form == {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in fields.items()
    }
