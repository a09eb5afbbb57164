"""Which cause a refusal has by its status, and what of its words is told."""

import pytest
from dify_plugin.errors.model import InvokeBadRequestError, InvokeError

from litellm_proxy.errors import Origin, ProxyRejected
from translation.errors.causes import Cause, cause_of
from translation.errors.internal_details import redact
from translation.errors.to_dify import form_error_message, to_invoke_error

PASSED_ON = "litellm.APIError: XException - Error code: {} - no"
FILTERED = "refused by content_filter"


@pytest.mark.parametrize(
    ("status", "words", "cause"),
    [
        (400, PASSED_ON.format(429), Cause.RATE_LIMIT),
        (400, PASSED_ON.format(500), Cause.PROVIDER),
        (400, PASSED_ON.format(408), Cause.TIMEOUT),
        (400, "No.", Cause.REQUEST),
        (500, PASSED_ON.format(429), Cause.PROVIDER),
        (400, FILTERED, Cause.CONTENT_POLICY),
        (403, FILTERED, Cause.CONTENT_POLICY),
        (500, FILTERED, Cause.PROVIDER),
        (429, FILTERED, Cause.RATE_LIMIT),
        (399, "No.", Cause.NOT_LITELLM),
        (307, "No.", Cause.NOT_LITELLM),
        (499, "No.", Cause.REQUEST),
        (500, "No.", Cause.PROVIDER),
        (None, "No.", Cause.PROVIDER),
    ],
)
def test_a_status_has_a_cause(status: int | None, words: str, cause: Cause) -> None:
    assert cause_of(ProxyRejected(status=status, message=words)) is cause


@pytest.mark.parametrize(
    ("status", "words", "is_without_credit"),
    [
        (429, "You exceeded your current quota, please check your plan and billing details.", True),
        (429, "Error code: insufficient_quota", True),
        (402, "Insufficient Balance", True),
        (402, "Pay first.", True),
        (400, "Access denied, please make sure your account is in good standing.", True),
        (400, "Your credit balance is too low to access the Anthropic API.", True),
        (403, "This request requires more credits, or fewer max_tokens.", True),
        (429, "You exceeded your current quota. Please retry in 37 s.", False),
        (429, "You exceeded your current quota. Please try again after a minute.", False),
        (429, "Rate limit reached for requests per min (RPM): Limit 3", False),
        (400, "The standing of the account is unknown to me", False),
        (500, "insufficient_quota", False),
    ],
)
@pytest.mark.parametrize("classes", [(), ("RateLimitError",), ("BadRequestError",)])
def test_an_account_without_credit_is_no_rate_limit(
    status: int,
    words: str,
    is_without_credit: bool,  # noqa: FBT001
    classes: tuple[str, ...],
) -> None:
    error = ProxyRejected(
        status=status, message=words, classes=classes, is_provider_error=bool(classes)
    )
    assert (cause_of(error) is Cause.UPSTREAM_CREDIT) is is_without_credit
    assert ("later" in str(to_invoke_error(error))) <= (not is_without_credit)
    if is_without_credit:
        assert "no credit left" in str(to_invoke_error(error))
        assert "no credit left" in form_error_message(error)


@pytest.mark.parametrize(
    ("status", "of_a_page", "of_litellm"),
    [
        (500, Cause.PROVIDER, Cause.PROVIDER),
        (502, Cause.GATEWAY_DOWN, Cause.PROVIDER),
        (503, Cause.GATEWAY_DOWN, Cause.PROVIDER),
        (504, Cause.TIMEOUT, Cause.PROVIDER),
        (524, Cause.TIMEOUT, Cause.PROVIDER),
        (401, Cause.GATEWAY_KEY, Cause.KEY),
        (413, Cause.TOO_LARGE, Cause.REQUEST),
        (429, Cause.RATE_LIMIT, Cause.RATE_LIMIT),
    ],
)
def test_a_page_comes_from_something_in_front(
    status: int, of_a_page: Cause, of_litellm: Cause
) -> None:
    page = ProxyRejected(status=status, message="No.", origin=Origin.PAGE)
    assert cause_of(page) is of_a_page
    assert cause_of(ProxyRejected(status=status, message="No.")) is of_litellm


OWN = "https://llm.example.com"


@pytest.mark.parametrize(
    ("words", "base_url", "told"),
    [
        ("See https://llm.example.com/login", OWN, "See an internal address"),
        ("See https://llm.example.com.", OWN, "See an internal address"),
        ("LLM.Example.com is away", OWN, "an internal address is away"),
        ("See https://www.example.com/login", OWN, "See https://www.example.com/login"),
        ("proxy:4000 is away", "http://proxy:4000", "an internal address is away"),
        ("The proxy is away", "http://proxy:4000", "The proxy is away"),
        ("Connection to https://8.8.8.8/v1 failed", "", "Connection to an internal address failed"),
        ("Version 1.2.3.999 is too old", "", "Version 1.2.3.999 is too old"),
        ("No, model_id: a-1, api_base=http://h/v1", "", "No"),
        ("No. model_group=gpt-4", "", "No."),
    ],
)
def test_addresses_and_deployments_leave_nothing_behind(
    words: str, base_url: str, told: str
) -> None:
    assert redact(words, base_url) == told


def test_what_nobody_foresaw_is_told_by_its_name_and_not_by_its_text() -> None:
    error = to_invoke_error(ZeroDivisionError("hidden"))
    for told in (str(error), form_error_message(ZeroDivisionError("hidden"))):
        assert "The LiteLLM plugin failed: ZeroDivisionError. Please report it" in told
        assert "hidden" not in told


def test_an_error_that_difys_api_does_not_know_becomes_one_that_it_does() -> None:
    error = to_invoke_error(InvokeError("hidden"))
    assert type(error) is InvokeBadRequestError
    assert "hidden" not in str(error)
