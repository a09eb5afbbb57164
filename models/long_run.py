"""A run in the background, from its start to its end: asked for by its id, whatever breaks meanwhile."""

import logging
import time
from collections.abc import Callable
from http import HTTPStatus

from litellm_proxy.answers import ProxyAnswer
from litellm_proxy.client import ProxyClient
from litellm_proxy.errors import (
    AnswerEnd,
    Failure,
    ProxyAnswerEndedEarly,
    ProxyError,
    ProxyProtocolError,
    ProxyRejected,
    ProxyUnreachable,
)
from litellm_proxy.settings import CALL_SECONDS
from litellm_proxy.wire.responses import CANCELLED, Run

logger = logging.getLogger(__name__)
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0
SILENCE_SECONDS = 120.0
"""How long LiteLLM may be away while a run goes on."""


def ended_run(
    client: ProxyClient, start: Callable[[], ProxyAnswer[Run]], base_url: str
) -> ProxyAnswer[Run]:
    """Start a run, and wait for its end, CALL_SECONDS at most.

    Raises what starting raises, then ProxyAnswerEndedEarly for a run that is gone or was cancelled, the
    last ProxyError after SILENCE_SECONDS of them, and ProxyUnreachable at the end of the time.
    """
    deadline = time.monotonic() + CALL_SECONDS
    answer = start()
    run = answer.content
    pause = FIRST_PAUSE_SECONDS
    last_heard = time.monotonic()
    while run.is_under_way:
        if time.monotonic() + pause > deadline:
            logger.warning("The run %s goes on at LiteLLM, and nobody waits for it.", run.id)
            raise ProxyUnreachable(Failure.TOO_LONG, base_url)
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)
        try:
            answer = client.run(run.id)
        except ProxyError as error:
            if isinstance(error, ProxyRejected) and error.status == HTTPStatus.NOT_FOUND:
                raise ProxyAnswerEndedEarly(AnswerEnd.RUN_GONE) from None
            if not _may_pass(error) or time.monotonic() - last_heard > SILENCE_SECONDS:
                raise
            continue
        run, last_heard = answer.content, time.monotonic()
    if run.status == CANCELLED:
        raise ProxyAnswerEndedEarly(AnswerEnd.RUN_CANCELLED)
    return answer


def _may_pass(error: ProxyError) -> bool:
    """Return whether to ask again: the run goes on, whoever answered."""
    if isinstance(error, ProxyRejected):
        return error.status is not None and error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, (ProxyUnreachable, ProxyProtocolError))
