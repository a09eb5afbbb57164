"""Start a background run and poll it until it ends."""

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
MAX_PAUSE_SECONDS = 10.0
MAX_WAIT_SECONDS = 60.0
"""The longest Retry-After that is respected."""
POLL_SECONDS = 30.0
CANCEL_SECONDS = 5.0
SILENCE_SECONDS = 120.0
"""How long polls may fail before the run is given up."""
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
    """Start a run and wait for its end, at most CALL_SECONDS.

    Polls also send `options` (end user, tags), because LiteLLM 1.106 logs the spend of a run with
    the poll that finds it ended. Raises the errors of `start`; ProxyAnswerEndedEarly for a run that
    LiteLLM does not know any more, that was cancelled or takes too long; ProxyRejected and
    ProxyProtocolError for a failed run; the last ProxyError after SILENCE_SECONDS of failing polls.
    After an error while waiting, the run is cancelled if LiteLLM still knows it.
    """
    deadline = time.monotonic() + CALL_SECONDS
    started = start()
    answer = started
    if started.content.is_under_way:
        try:
            answer = _waited_for(started.content.id, settings, options, deadline)
        except ProxyError as error:
            if not (
                isinstance(error, ProxyAnswerEndedEarly) and error.end is AnswerEnd.RUN_UNKNOWN
            ):
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
    # Only the response to the start names a fallback model.
    return ProxyAnswer(run, replace(answer.report, fallback=started.report.fallback))


def _waited_for(
    run_id: str, settings: ProxySettings, options: RequestOptions, deadline: float
) -> ProxyAnswer[Run]:
    """Poll a run until it has ended."""
    pause = FIRST_PAUSE_SECONDS
    last_heard = time.monotonic()
    while True:
        left = deadline - time.monotonic() - pause
        if left <= 0:
            raise ProxyAnswerEndedEarly(AnswerEnd.RUN_TOO_LONG)
        time.sleep(pause)
        pause = min(pause * 1.5, MAX_PAUSE_SECONDS)
        client = ProxyClient(settings, total_seconds=min(POLL_SECONDS, left), tries=1)
        try:
            answer = client.run(run_id, options)
        except ProxyRejected as error:
            if error.status == HTTPStatus.NOT_FOUND:
                raise ProxyAnswerEndedEarly(AnswerEnd.RUN_UNKNOWN) from None
            if error.status in _PASSING:
                last_heard = time.monotonic()
                pause = max(pause, min(error.retry_after or 0, MAX_WAIT_SECONDS))
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
    """Cancel a run after an error; ignore further errors."""
    logger.warning("Nobody waits for the run %s any longer: it is cancelled.", run_id[:100])
    with suppress(ProxyError):
        client = ProxyClient(settings, total_seconds=CANCEL_SECONDS, tries=1)
        client.cancel_run(run_id, options)
