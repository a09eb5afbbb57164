"""How answers end, chunk by chunk."""

from typing import Any

import pytest

from litellm_proxy.errors import AnswerEnd, ProxyProtocolError
from litellm_proxy.wire.chat import ChatChunk, Usage
from translation.answer.chat_stream import AUDIO_NOTE, AnswerOptions, ChatStream, Outcome
from translation.answer.usage import TokenCounts, counts_of


def ended(*deltas: dict[str, Any], reason: str | None, **options: Any) -> Outcome:
    stream = ChatStream(form=AnswerOptions(**options))
    for delta in deltas:
        stream.feed(ChatChunk.model_validate({"choices": [{"delta": delta}]}))
    if reason:
        stream.feed(ChatChunk.model_validate({"choices": [{"delta": {}, "finish_reason": reason}]}))
    return stream.finish()


THOUGHT, TEXT = {"reasoning_content": "hm"}, {"content": "Hello"}
CALL = {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"a": 1}'}}]}


@pytest.mark.parametrize(
    ("deltas", "reason", "end"),
    [
        ([TEXT], "stop", None),
        ([TEXT], "length", None),
        ([THOUGHT, TEXT], "length", None),
        ([THOUGHT], "length", AnswerEnd.ONLY_REASONING),
        ([THOUGHT], "stop", None),
        ([CALL], "length", AnswerEnd.CUT_TOOL_CALL),
        ([TEXT, CALL], "length", AnswerEnd.CUT_TOOL_CALL),
        ([CALL], "tool_calls", None),
        ([TEXT], "content_filter", AnswerEnd.FILTERED),
        ([CALL], "content_filter", AnswerEnd.FILTERED),
        ([TEXT], "refusal", AnswerEnd.REFUSED),
        ([TEXT, {"refusal": "No."}], "stop", AnswerEnd.REFUSED),
    ],
)
@pytest.mark.parametrize("show_reasoning", [True, False])
def test_an_answer_that_is_not_whole(
    deltas: list[dict[str, Any]],
    reason: str,
    end: AnswerEnd | None,
    show_reasoning: bool,  # noqa: FBT001
) -> None:
    if deltas == [THOUGHT] and reason == "stop" and not show_reasoning:
        deltas = [THOUGHT, TEXT]
    outcome = ended(*deltas, reason=reason, show_reasoning=show_reasoning)
    assert (outcome.ended_early.end if outcome.ended_early else None) is end
    assert bool(outcome.tool_calls) is (CALL in deltas and end is None)


def test_an_end_without_a_reason_is_a_cut() -> None:
    with pytest.raises(ProxyProtocolError, match=r"^the answer broke off before its end$"):
        ended(TEXT, reason=None)


def test_audio_without_words_is_told_after_what_was_said() -> None:
    audio = {"audio": {"id": "a"}}
    assert ended(audio, reason="stop").closing_text == AUDIO_NOTE
    assert ended(THOUGHT, audio, reason="stop").closing_text == f"\n</think>\n\n{AUDIO_NOTE}"
    assert ended(TEXT, audio, reason="stop").closing_text == ""


def test_the_size_of_all_text_counts_what_is_not_shown_too() -> None:
    shown = ended(THOUGHT, {"content": "Grüß"}, reason="stop")
    hidden = ended(THOUGHT, {"content": "Grüß"}, reason="stop", show_reasoning=False)
    assert hidden.text_bytes == len(b"hm") + len("Grüß".encode())
    assert shown.text_bytes == len("<think>\nhm\n</think>\n\nGrüß".encode())
    open_end = ended(THOUGHT, reason="stop")
    assert open_end.text_bytes == len("<think>\nhm\n</think>")


@pytest.mark.parametrize(("reasoning", "counted"), [(3, 3), (7, 7), (8, 0), (-1, 0), (None, 0)])
def test_tokens_of_reasoning_are_part_of_the_completion(
    reasoning: int | None, counted: int
) -> None:
    usage = Usage.model_validate({
        "prompt_tokens": 10, "completion_tokens": 7,
        "completion_tokens_details": {"reasoning_tokens": reasoning},
        "prompt_tokens_details": {"cached_tokens": 4, "cache_creation_tokens": 5},
    })  # fmt: skip
    assert counts_of(usage, lambda: TokenCounts(0, 0)) == TokenCounts(10, 7, 4, 5, counted)


@pytest.mark.parametrize(("read", "written"), [(-1, 0), (0, -1), (6, 5)])
def test_cached_tokens_that_cannot_be_are_none(read: int, written: int) -> None:
    details = {"cached_tokens": read, "cache_creation_tokens": written}
    usage = Usage.model_validate(
        {"prompt_tokens": 10, "completion_tokens": 7, "prompt_tokens_details": details}
    )
    assert counts_of(usage, lambda: TokenCounts(0, 0)) == TokenCounts(10, 7)
