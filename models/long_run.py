"""A run in the background, from its start to its end: asked for by its id, whatever breaks meanwhile."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus

from litellm_proxy.client import ProxyClient
from litellm_proxy.errors import (
    AnswerEnd,
    ProxyAnswerEndedEarly,
    ProxyError,
    ProxyProtocolError,
    ProxyRejected,
)
from litellm_proxy.response_headers import ProxyAnswer
from litellm_proxy.settings import CALL_SECONDS, ProxySettings
from litellm_proxy.wire.options import RequestOptions
from litellm_proxy.wire.responses import CANCELLED, COMPLETED, INCOMPLETE, Run

logger = logging.getLogger(__name__)
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0
LONGEST_WAIT_SECONDS = 60.0
"""How long a Retry-After is followed."""
POLL_SECONDS = 30.0
CANCEL_SECONDS = 5.0
SILENCE_SECONDS = 120.0
"""How long LiteLLM may be away while a run goes on."""
_PASSING = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)


def ended_run(
    settings: ProxySettings, start: Callable[[], ProxyAnswer[Run]], options: RequestOptions
) -> ProxyAnswer[Run]:
    """Start a run, and wait for its end, CALL_SECONDS at most; `options` say who it is for.

    LiteLLM 1.106 books a run where it is asked for and found ended, so that the options go with that too.
    Raises what starting raises; ProxyAnswerEndedEarly for a run that is gone, was cancelled or takes too
    long; ProxyRejected and ProxyProtocolError for one that failed; the last ProxyError after
    SILENCE_SECONDS of them. A run that nobody waits for any longer is cancelled.
    """
    deadline = time.monotonic() + CALL_SECONDS
    started = start()
    answer = started
    if started.content.is_under_way:
        try:
            answer = _waited_for(started.content.id, settings, options, deadline)
        except ProxyError as error:
            if not (isinstance(error, ProxyAnswerEndedEarly) and error.end is AnswerEnd.RUN_GONE):
                _cancel(started.content.id, settings, options)
            raise
    run = answer.content
    if run.status == CANCELLED:
        raise ProxyAnswerEndedEarly(AnswerEnd.RUN_CANCELLED)
    if run.status not in {COMPLETED, INCOMPLETE}:
        if run.error:
            raise ProxyClient(settings).rejected(run.error)
        message = f"the run ended as {(run.status or 'nothing')[:40]}"
        raise ProxyProtocolError(message)
    # Who answered in place of another, only the start tells.
    return ProxyAnswer(run, replace(answer.report, fallback=started.report.fallback))


def _waited_for(
    run_id: str, settings: ProxySettings, options: RequestOptions, deadline: float
) -> ProxyAnswer[Run]:
    """Ask for a run until it has ended."""
    pause = FIRST_PAUSE_SECONDS
    last_heard = time.monotonic()
    while True:
        left = deadline - time.monotonic() - pause
        if left <= 0:
            raise ProxyAnswerEndedEarly(AnswerEnd.RUN_TOO_LONG)
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)
        client = ProxyClient(settings, total_seconds=min(POLL_SECONDS, left), tries=1)
        try:
            answer = client.run(run_id, options)
        except ProxyRejected as error:
            if error.status == HTTPStatus.NOT_FOUND:
                raise ProxyAnswerEndedEarly(AnswerEnd.RUN_GONE) from None
            if error.status in _PASSING:
                last_heard = time.monotonic()
                pause = max(pause, min(error.retry_after or 0, LONGEST_WAIT_SECONDS))
            elif (
                not (error.status and error.status >= HTTPStatus.INTERNAL_SERVER_ERROR)
                or time.monotonic() - last_heard > SILENCE_SECONDS
            ):
                raise
        except ProxyError:
            if time.monotonic() - last_heard > SILENCE_SECONDS:
                raise
        else:
            last_heard = time.monotonic()
            if not answer.content.is_under_way:
                return answer


def _cancel(run_id: str, settings: ProxySettings, options: RequestOptions) -> None:
    """Let a run end that nobody waits for; what comes of it is for the log."""
    logger.warning("Nobody waits for the run %s any longer: it is cancelled.", run_id[:100])
    with suppress(ProxyError):
        client = ProxyClient(settings, total_seconds=CANCEL_SECONDS, tries=1)
        client.cancel_run(run_id, options)
