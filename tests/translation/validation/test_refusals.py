"""Why a form cannot be saved: what is wrong and what to do, in a few words."""

import re

import pytest

from litellm_proxy.errors import Failure, Origin, ProxyRejected, ProxyUnreachable
from litellm_proxy.wire.model_facts import NOTHING_KNOWN
from translation.errors.messages import MAX_CHARACTERS, short_quote
from translation.errors.to_dify import form_error_message
from translation.validation import form_problem
from translation.validation.form_problem import LLM, Findings, form_problem_of, no_usable_model

MAX_WORDS = 20
"""Dify shows a refusal for some five seconds."""
_THE_PROXYS_WORDS = re.compile(r"\((LiteLLM|Server in front)( \d{3})?: |\(https?://")
_DETAIL = "some words of the system"
_MIN_OF_A_DETAIL = 35
NAMES = ["gpt-4", "gpt-4o", "gpt-4o-mini", "gpt-4.1", "described", "openai/*"]


def first_words(refusal: str) -> list[str]:
    return _THE_PROXYS_WORDS.split(refusal, maxsplit=1)[0].split()


def rejected(status: int, error_type: str | None = None, **more: object) -> ProxyRejected:
    return ProxyRejected(
        status=status, message="A long story. " * 9, error_type=error_type,
        base_url="http://litellm:4000", **more,  # type: ignore[arg-type]
    )  # fmt: skip


REJECTIONS = [
    rejected(401, "auth_error"),
    rejected(401, "expired_key"),
    rejected(400, "no_db_connection"),
    rejected(400, "budget_exceeded"),
    rejected(403, "key_model_access_denied"),
    rejected(403, "auth_error"),
    rejected(404, origin=Origin.TEXT),
    rejected(404, origin=Origin.PAGE),
    rejected(401, origin=Origin.OTHER_API),
    rejected(502, origin=Origin.PAGE),
    rejected(500),
    rejected(408),
    rejected(401, classes=("TagsRejected",)),
    rejected(401, classes=("UserRequired",)),
]


@pytest.mark.parametrize(
    "error", REJECTIONS, ids=lambda e: f"{e.status}-{e.error_type}-{e.origin.name}"
)
def test_a_rejection_begins_with_what_to_do(error: ProxyRejected) -> None:
    findings = Findings(
        error, NAMES, NOTHING_KNOWN, in_a_list=False, resolves=None, is_litellm=False
    )
    refusal = form_problem_of("gpt-5", LLM, findings)
    assert refusal
    assert 4 <= len(first_words(refusal)) <= MAX_WORDS, refusal
    assert "_" not in " ".join(first_words(refusal))


@pytest.mark.parametrize("failure", Failure)
@pytest.mark.parametrize("url", ["http://localhost:4000", "https://litellm"])
@pytest.mark.parametrize("via", ["", "http://proxy:3128"])
def test_an_unreachable_proxy_ends_with_what_to_do(failure: Failure, url: str, via: str) -> None:
    plain = form_error_message(ProxyUnreachable(failure, url, "", via))
    through = f" through the HTTP proxy {via}" if via else ""
    what, advice = plain.split(f" ({failure.value}). ")
    assert what in {f"Nothing answers at {url}{through}", f"No connection at {url}{through}"}
    assert advice.endswith(".")
    assert len(advice.split()) >= 4
    assert len(plain.replace(through, "").split()) <= MAX_WORDS, plain
    assert "_" not in what


@pytest.mark.parametrize("failure", Failure)
@pytest.mark.parametrize("url", ["http://localhost:4000", "https://litellm"])
@pytest.mark.parametrize("via", ["", "http://proxy:3128"])
def test_the_systems_words_are_there_as_far_as_they_fit(
    failure: Failure, url: str, via: str
) -> None:
    plain = form_error_message(ProxyUnreachable(failure, url, "", via))
    room = MAX_CHARACTERS - len(plain) - len(": ")
    # What the TLS library and an HTTP proxy say is never left out.
    is_quoted = failure in {Failure.CERTIFICATE, Failure.CERTIFICATE_FILE, Failure.FORWARD_PROXY}
    is_shown = room >= _MIN_OF_A_DETAIL or is_quoted
    detail = f": {short_quote(_DETAIL, max(room, _MIN_OF_A_DETAIL))}" if is_shown else ""
    assert form_error_message(ProxyUnreachable(failure, url, _DETAIL, via)) == plain.replace(
        f"({failure.value})", f"({failure.value}{detail})"
    )


def test_three_names_are_offered() -> None:
    findings = Findings(
        None, NAMES, NOTHING_KNOWN, in_a_list=False, resolves=False, is_litellm=True
    )
    refusal = form_problem_of("gpt-5", LLM, findings)
    assert refusal
    assert refusal.count(",") == form_problem.MAX_NAMES - 1 == 2
    assert len(refusal.split()) <= MAX_WORDS
    assert "openai/*" not in refusal
    assert len(no_usable_model(200, NAMES).partition("It can")[0].split()) <= MAX_WORDS
