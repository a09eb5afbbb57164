"""Convert an ended background run to one chat chunk."""

from litellm_proxy.wire.chat import (
    Annotation,
    ChatChunk,
    Choice,
    Delta,
    UrlCitation,
    Usage,
)
from litellm_proxy.wire.responses import COMPLETED, Run, RunUsage

_MESSAGE = "message"
_REASONING = "reasoning"
_FINISH_REASONS = {"max_output_tokens": "length", "content_filter": "content_filter"}


def chunk_of_run(run: Run) -> ChatChunk:
    """Return the answer.

    It has no finish reason if it is incomplete for an unknown reason.
    """
    items = run.output or ()
    contents = [each for item in items if item.type == _MESSAGE for each in item.content or ()]
    # Some models return their reasoning instead of a summary.
    thoughts = [
        part.text
        for item in items
        if item.type == _REASONING
        for part in (*(item.summary or ()), *(item.content or ()))
        if part.text
    ]
    pages = [page for content in contents for page in content.annotations or () if page.url]
    reason = run.incomplete_details.reason if run.incomplete_details else None
    message = Delta(
        content="".join(content.text or "" for content in contents),
        reasoning_content="\n\n".join(thoughts) or None,
        refusal="".join(content.refusal or "" for content in contents) or None,
        annotations=[
            Annotation(url_citation=UrlCitation(url=page.url or "", title=page.title))
            for page in pages
        ],
    )
    whole = "stop" if run.status == COMPLETED else None
    finish_reason = _FINISH_REASONS.get(reason or "", whole)
    return ChatChunk(
        choices=[Choice(message=message, finish_reason=finish_reason)],
        usage=run.usage and _usage(run.usage),
    )


def _usage(usage: RunUsage) -> Usage:
    return Usage(
        prompt_tokens=usage.input_tokens,
        completion_tokens=usage.output_tokens,
        prompt_tokens_details=usage.input_tokens_details,
        completion_tokens_details=usage.output_tokens_details,
        cost=usage.cost,
    )
