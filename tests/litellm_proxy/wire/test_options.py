"""Where the proxy is told who a call is for: in the body, in headers, in a form."""

import json
from typing import Any

import pytest

from litellm_proxy.wire.concessions import Concession
from litellm_proxy.wire.options import RequestOptions

C = Concession
ALL: dict[str, Any] = {"user": "u", "tags": ("t",), "app": "a", "session_id": "s"}
TAGGED = {"tags": ["t", "dify-app:a"]}
TOLD = {"litellm_metadata": {"user": "u"}, "litellm_trace_id": "s", "metadata": TAGGED}


def options(*concessions: C, **fields: Any) -> RequestOptions:
    return RequestOptions(concessions=frozenset(concessions), **fields)


@pytest.mark.parametrize(
    ("concessions", "body"),
    [
        ([], TOLD),
        ([C.END_USER_IN_BODY], {"user": "u", "litellm_trace_id": "s", "metadata": TAGGED}),
        ([C.END_USER_IN_METADATA],
         {"litellm_trace_id": "s", "metadata": {"user_id": "u", **TAGGED}}),
        ([C.END_USER_IN_METADATA, C.END_USER_IN_BODY],
         {"user": "u", "litellm_trace_id": "s", "metadata": TAGGED}),
        ([C.NO_END_USER, C.END_USER_IN_BODY], {"litellm_trace_id": "s", "metadata": TAGGED}),
        ([C.NO_SESSION], {"litellm_metadata": {"user": "u"}, "metadata": TAGGED}),
        ([C.NO_METADATA], {"litellm_metadata": {"user": "u"}, "litellm_trace_id": "s"}),
        ([C.NO_TAG_OF_THE_APP],
         {**TOLD, "metadata": {"tags": ["t"], "spend_logs_metadata": {"dify_app": "a"}}}),
    ],
)  # fmt: skip
def test_the_body(concessions: list[C], body: dict[str, Any]) -> None:
    assert options(*concessions, **ALL).body({}) == body


def test_own_fields_win_and_what_is_not_set_is_not_sent() -> None:
    extra = {"model": "other", "seed": 1, "metadata": {"tags": ["x"]}, "litellm_metadata": {"y": 2}}
    body = options(extra=extra, **ALL).body({"model": "m", "stop": None, "top_n": 0})
    assert body == {
        "model": "m", "seed": 1, "top_n": 0, "litellm_trace_id": "s",
        "metadata": {"tags": ["x", "t", "dify-app:a"]},
        "litellm_metadata": {"y": 2, "user": "u"},
    }  # fmt: skip
    assert extra["metadata"] == {"tags": ["x"]}


SESSION, USER, TAGS = "x-litellm-session-id", "x-litellm-end-user-id", "x-litellm-tags"


@pytest.mark.parametrize(
    ("given", "in_json", "in_form"),
    [
        (options(), {}, {}),
        (options(**ALL), {SESSION: "s"}, {SESSION: "s", USER: "u", TAGS: "t,dify-app:a"}),
        (options(C.ANY_TYPE), {"Accept": "*/*"}, {"Accept": "*/*"}),
        (options(C.NO_SESSION, session_id="s"), {}, {}),
        (options(C.NO_METADATA, tags=("t", "v")), {TAGS: "t,v"}, {TAGS: "t,v"}),
        (options(C.NO_METADATA, tags=("a,b", "ü", "t\n")), {}, {}),
        (options(tags=("a,b", "ok", "ü")), {}, {TAGS: "ok"}),
        (options(session_id="sé"), {}, {}),
        (options(session_id="s\r\nx: y"), {}, {}),
        (options(user="ü"), {}, {}),
        (options(user="a\nb"), {}, {}),
        (options(C.NO_END_USER, user="u"), {}, {}),
        (options(C.END_USER_IN_BODY, user="u"), {}, {}),
        (options(C.END_USER_IN_METADATA, user="u"), {}, {USER: "u"}),
    ],
)
def test_headers(given: RequestOptions, in_json: dict[str, str], in_form: dict[str, str]) -> None:
    assert given.headers() == in_json
    assert given.headers(in_form=True) == in_form


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        (options(user="u", tags=("t",)), {}),
        (options(user="ü", tags=("t",)), {"litellm_metadata": {"user": "ü"}}),
        (options(user="u", tags=("ü", "t")), {"metadata": {"tags": ["ü", "t"]}}),
        (options(C.END_USER_IN_BODY, user="u"), {"user": "u"}),
        (options(C.END_USER_IN_METADATA, user="ü", tags=("ü",)), {}),
        (options(user="u", extra={"litellm_metadata": {"x": 1}}),
         {"litellm_metadata": {"x": 1, "user": "u"}}),
        (options(tags=("t",), extra={"metadata": {"x": 1}}),
         {"metadata": {"x": 1, "tags": ["t"]}}),
        (options(C.NO_TAG_OF_THE_APP, app="a"), {}),
        (options(session_id="s"), {"litellm_trace_id": "s"}),
        (options(extra={"language": "d\ud800e", "temperature": 0, "verbose": False}),
         {"language": "d?e", "temperature": 0, "verbose": False}),
    ],
)  # fmt: skip
def test_a_form(given: RequestOptions, fields: dict[str, Any]) -> None:
    form = given.to_form(model="m")
    assert form.pop("model") == "m"
    assert form == {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in fields.items()
    }
