"""What a body that says no says, and who wrote it."""

from typing import Any

import pytest

from litellm_proxy.errors import Origin
from litellm_proxy.wire.error_body import (
    ErrorDetail,
    classes_at_the_head,
    litellm_rejection,
    read_error_body,
)

LITELLM, OTHER, TEXT, PAGE = Origin.LITELLM, Origin.OTHER_API, Origin.TEXT, Origin.PAGE


@pytest.mark.parametrize(
    ("body", "message", "origin"),
    [
        ('{"error": {"message": "No.", "type": null}}', "No.", LITELLM),
        ('{"error": {"message": "No.", "type": "x"}}', "No.", LITELLM),
        ('{"error": {"message": "No."}}', "No.", OTHER),
        ('{"error": {"message": 5}}', None, OTHER),
        ('{"error": "No."}', "No.", OTHER),
        ('{"message": "No."}', "No.", OTHER),
        ('{"msg": "No."}', "No.", OTHER),
        ('{"message": "No.", "error": "other", "msg": "last"}', "No.", OTHER),
        ('{"error": "No.", "msg": "last"}', "No.", OTHER),
        ('{"error": {"message": "No."}, "message": "other", "detail": "last"}', "No.", OTHER),
        ('{"message": "No.", "detail": "last"}', "No.", OTHER),
        ('{"detail": "No."}', "No.", LITELLM),
        ('{"detail": {"error": "No."}}', "No.", LITELLM),
        ('{"detail": {"message": "No."}}', "No.", LITELLM),
        ('{"detail": {"error": {"message": "No."}}}', "No.", LITELLM),
        ('{"detail": {"other": "No."}}', "", LITELLM),
        ('{"detail": []}', "", LITELLM),
        ('{"detail": 5}', "", LITELLM),
        ('{"detail": [{"msg": "required", "loc": ["body", "model"]}, {}]}', "required: model", LITELLM),
        ('{"detail": [{"msg": "required", "loc": ["body", 0]}]}', "", LITELLM),
        ("{}", "", TEXT),
        ('{"detail": null}', "", TEXT),
        ("[]", "[]", TEXT),
        ("", "", TEXT),
        ("  upstream timed out\n", "upstream timed out", TEXT),
        ("a <b>bold</b> word", "a  bold  word", TEXT),
        ('data: {"error": {"message": "No.", "type": null}}\n\ndata: [DONE]\n', "No.", LITELLM),
        ('\n data:{"error": "No."}', "No.", OTHER),
        ('data {"error": "No."}', 'data {"error": "No."}', TEXT),
        ("<html><body>Bad <i>Gateway</i></body></html>", "Bad  Gateway", PAGE),
        ("<!DOCTYPE  html><title> 502 </title><h1>x</h1>", "502", PAGE),
        (" <!-- a\nb --> <HTML lang='de'><TITLE lang='de'>No.</TITLE>", "No.", PAGE),
        ("<head><title></title></head>words", "words", PAGE),
        ("<body>w<script>1<2</script><STYLE a='b'>s\n{}</style>x", "w  x", PAGE),
        ("<htmlish>x", "x", TEXT),
        ("x <html>", "x", TEXT),
        (f"<html>{'x' * 20_000}<title>far</title>", "x" * 3994, PAGE),
        (f"<html><title>{'é' * 200}</title>", "é" * 150, PAGE),
    ],
)  # fmt: skip
def test_what_a_body_says(body: str, message: str | None, origin: Origin) -> None:
    detail, by = read_error_body(body.encode())
    assert (detail.message, by) == (message, origin)


def test_a_body_that_is_no_text() -> None:
    assert read_error_body(b"caf\xe9")[0].message == "caf\ufffd"
    assert read_error_body(b"<html><title>caf\xe9</title>")[0].message == "caf\ufffd"


def test_everything_an_error_tells() -> None:
    body = (
        b'{"error": {"message": "No.", "type": "t", "param": "p", "code": 429,'
        b' "provider_specific_fields": {"guardrail_name": "pii"}}}'
    )
    detail, _ = read_error_body(body)
    assert (detail.type, detail.param, detail.status) == ("t", "p", 429)
    assert detail.provider_specific_fields
    assert detail.provider_specific_fields.guardrail_name == "pii"
    missing, _ = read_error_body(b'{"detail": [{"msg": "required", "loc": ["body", "model"]}]}')
    assert missing.param == "model"


@pytest.mark.parametrize(
    ("code", "status"),
    [("429", 429), (100, 100), ("599", 599), ("600", None), ("0429", None), ("42", None),
     ("4290", None), ("429 ", None), ("rate_limit", None), (None, None), ("", None)],
)  # fmt: skip
def test_a_code_that_is_a_status(code: Any, status: int | None) -> None:
    assert ErrorDetail(code=code).status == status


OWN = [
    ("Authentication Error, Rejected Request: no", "RejectedRequest"),
    ("Authentication Error, 'user' param not passed in.", "UserRequired"),
    ("Not allowed to access model due to tags configuration. x", "TagsRejected"),
    ("No deployments available - crossed budget: x", "BudgetCrossed"),
    ("Key not allowed to access model. This key", "ModelRejected"),
    ("API Key not allowed to access model. This key", "ModelRejected"),
    ("Authentication Error, api key not allowed to access model", "ModelRejected"),
    ("Team=t-1 not allowed to call model=m", "ModelRejected"),
    ("Authentication Error, team=t not allowed to access model", "ModelRejected"),
    ("Virtual key is not allowed to call this route.", "RouteRejected"),
    ("Authentication Error, x not allowed to call this route", "RouteRejected"),
    (
        "Authentication Error, Only proxy admin can be used to generate, delete, update",
        "RouteRejected",
    ),
]


@pytest.mark.parametrize(("message", "name"), OWN)
def test_refusals_of_litellms_own_that_only_words_tell(message: str, name: str) -> None:
    for head in (
        "",
        " \n",
        "litellm.AuthenticationError: ",
        "  litellm.APIError: ",
        "litellm.litellm.APIError: X: ",
    ):
        assert litellm_rejection(head + message) == name
        assert classes_at_the_head(head + message) == (name,)
        assert not ErrorDetail(message=head + message).is_provider_error
    assert litellm_rejection(f"It said: {message}") == (name if "this route" in message else None)
    assert litellm_rejection(f"{'x' * 101} {message}") is None


@pytest.mark.parametrize(
    ("message", "classes"),
    [
        ("litellm.RateLimitError: no", ("RateLimitError",)),
        (" litellm.BadRequestError: litellm.ContextWindowExceededError: no",
         ("BadRequestError", "ContextWindowExceededError")),
        ("litellm.APIError: OpenAIException: no", ("APIError", "OpenAIException")),
        ("litellm.litellm.Timeout: no", ("Timeout",)),
        ("See litellm.RateLimitError: no", ()),
        ("litellm.lower: no", ()),
        ("RateLimitError: no", ()),
        ("No.", ()),
    ],
)  # fmt: skip
def test_classes_at_the_head_outermost_first(message: str, classes: tuple[str, ...]) -> None:
    assert classes_at_the_head(message) == classes
    assert ErrorDetail(message=message).is_provider_error is bool(classes)


@pytest.mark.parametrize(
    ("detail", "is_provider_error"),
    [
        (ErrorDetail(message="No.", type="authentication_error"), True),
        (ErrorDetail(message="No.", type="permission_error"), True),
        (ErrorDetail(message="No.", type="auth_error"), False),
        (ErrorDetail(message="No. Received Model Group=m"), True),
        (ErrorDetail(), False),
    ],
)
def test_whose_refusal_it_is(detail: ErrorDetail, is_provider_error: bool) -> None:  # noqa: FBT001
    assert detail.is_provider_error is is_provider_error
