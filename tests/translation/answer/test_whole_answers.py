"""How answers end, chunk by chunk."""

from typing import Any

import pytest

from litellm_proxy.errors import AnswerEnd, ProxyAnswerEmpty, ProxyProtocolError
from litellm_proxy.wire.chat import ChatChunk, OutputImage, Usage
from litellm_proxy.wire.chat_events import ChatEvent
from translation.answer.chat_stream import AUDIO_NOTE, AnswerOptions, ChatStream, Outcome
from translation.answer.held_limit import HeldLimit
from translation.answer.sources import Source
from translation.answer.tagged_reasoning import TaggedReasoning
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


END = ChatChunk.model_validate({"choices": [{"delta": {}, "finish_reason": "stop"}]})
TOOL_CALL = {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}]}
IMAGE = {"images": [{"image_url": {"url": "https://h/a.png"}}]}
MAX_REASONING = 512 * 1024
MAX_HELD = 8 * 1024 * 1024


def chunk(*deltas: dict[str, Any], **more: Any) -> ChatChunk:
    return ChatChunk.model_validate({"choices": [{"delta": delta} for delta in deltas], **more})


def ended_answer(*chunks: ChatEvent, **options: Any) -> Outcome:
    stream = ChatStream(form=AnswerOptions(**options))
    for each in (*chunks, END):
        stream.feed(each)
    return stream.finish()


def test_a_piece_of_text_that_comes_bare_is_content() -> None:
    stream = ChatStream()
    assert stream.feed("Grüß") == ["Grüß"]
    assert stream.feed(" dich") == [" dich"]
    stream.feed(END)
    assert stream.finish().text_bytes == 11


def test_what_several_choices_bring_is_all_shown() -> None:
    assert ChatStream().feed(chunk({"content": "a"}, {"content": "b"})) == ["a", "b"]


def test_chunks_that_came_together_are_shown_as_one_text_up_to_an_image() -> None:
    chunks: list[ChatEvent] = [
        chunk({"content": "a"}), "b", chunk(IMAGE), chunk({"content": "c"}), chunk({"content": "d"})
    ]  # fmt: skip
    shown = list(ChatStream().feed_all(chunks))
    assert [each if isinstance(each, str) else each.url for each in shown] == [
        "ab", "https://h/a.png", "cd",
    ]  # fmt: skip
    assert isinstance(shown[1], OutputImage)


def test_a_failure_comes_after_what_was_said_before_it() -> None:
    stream = ChatStream()
    shown = stream.feed_all(["a", "b", chunk({"refusal": "x" * (MAX_HELD + 1)}), "c"])
    assert next(shown) == "ab"
    with pytest.raises(
        ProxyProtocolError, match=r"^the answer holds more than can be kept for it$"
    ):
        next(shown)


def test_what_can_be_kept_of_an_answer_has_a_size() -> None:
    stream = ChatStream()
    stream.feed(chunk({"refusal": "x" * MAX_HELD}))
    with pytest.raises(ProxyProtocolError):
        stream.feed(chunk({"refusal": "x"}))


def test_text_before_a_note_on_audio_stays() -> None:
    outcome = ended_answer(chunk({"content": "<think>hm</thi"}), chunk({"audio": {"id": "a"}}))
    assert outcome.closing_text == (
        "</thi\n</think>\n\n[The model answered with audio, which cannot be shown here.]"
    )


def test_a_call_without_a_name_alone_is_an_error() -> None:
    nameless = {"tool_calls": [{"index": 0, "id": "a", "function": {"arguments": "{}"}}]}
    with pytest.raises(ProxyProtocolError, match=r"^the model called a tool without naming it$"):
        ended_answer(chunk(nameless))
    assert ended_answer(chunk(nameless), chunk({"content": "Hm."})).nameless_calls == 1
    assert ended_answer(chunk({"content": "Hm."})).nameless_calls == 0


def test_a_refusal_keeps_all_its_words() -> None:
    outcome = ended_answer(
        chunk({"content": "Well."}), chunk({"refusal": "I "}), chunk({"refusal": "cannot."})
    )
    assert outcome.ended_early
    assert outcome.ended_early.end is AnswerEnd.REFUSED
    assert outcome.ended_early.refusal == "I cannot."


def test_reasoning_is_kept_for_calls_only() -> None:
    thoughts = [chunk({"reasoning_content": "a"}), chunk({"reasoning_content": "b"})]
    assert ended_answer(*thoughts, chunk(TOOL_CALL)).reasoning.text == "ab"
    assert ended_answer(*thoughts, chunk({"content": "Hm."})).reasoning.text == ""


@pytest.mark.parametrize(
    ("lengths", "kept"),
    [
        ((MAX_REASONING,), MAX_REASONING),
        ((MAX_REASONING, 1), 0),
        ((MAX_REASONING - 1, 1), MAX_REASONING),
        ((MAX_REASONING - 1, 1, 1), 0),
        ((MAX_REASONING + 1,), 0),
        ((MAX_REASONING + 1, 5), 0),
    ],
)
def test_reasoning_that_is_too_long_is_not_kept_in_part(
    lengths: tuple[int, ...], kept: int
) -> None:
    thoughts = [chunk({"reasoning_content": "x" * length}) for length in lengths]
    assert len(ended_answer(*thoughts, chunk(TOOL_CALL)).reasoning.text) == kept


def test_a_call_of_old_is_one_call_piece_by_piece() -> None:
    outcome = ended_answer(
        chunk({"function_call": {"name": "f", "arguments": '{"x"'}}),
        chunk({"function_call": {"arguments": ": 1}"}}),
        chunk({"tool_calls": [{"index": 1, "id": "b", "function": {"name": "g"}}]}),
    )
    assert [(call.name, call.arguments) for call in outcome.tool_calls] == [
        ("f", '{"x": 1}'), ("g", "{}"),
    ]  # fmt: skip


def cited(*urls: str, title: str | None = None) -> dict[str, Any]:
    return {"annotations": [{"url_citation": {"url": url, "title": title}} for url in urls]}


def test_sources_are_told_once_each_with_their_first_title() -> None:
    outcome = ended_answer(
        chunk({"content": "Yes."}, citations=["https://a"]),
        chunk(cited("https://a", "https://b", title="B" * 201)),
        chunk(cited("https://c")),
    )
    assert outcome.sources == (
        Source("https://a", ""), Source("https://b", "B" * 200), Source("https://c", ""),
    )  # fmt: skip


def test_fifty_sources_are_the_most() -> None:
    many = chunk({"content": "Yes."}, citations=[f"https://{number}" for number in range(51)])
    assert len(ended_answer(many).sources) == 50
    assert ended_answer(many).sources[-1].url == "https://49"


@pytest.mark.parametrize(("length", "told"), [(2000, 1), (2001, 0)])
def test_an_address_of_a_source_has_a_length(length: int, told: int) -> None:
    url = "https://".ljust(length, "a")
    assert len(ended_answer(chunk({"content": "Yes."}, citations=[url])).sources) == told


def test_hidden_reasoning_counts_piece_by_piece() -> None:
    thoughts = [chunk({"reasoning_content": "a"}), chunk({"reasoning_content": "bcd"})]
    assert ended_answer(*thoughts, chunk({"content": "Hm."}), show_reasoning=False).text_bytes == 7


def test_an_answer_without_reasoning_that_was_cut_is_whole_enough() -> None:
    cut = ChatChunk.model_validate({"choices": [{"delta": IMAGE, "finish_reason": "length"}]})
    stream = ChatStream()
    stream.feed(cut)
    assert stream.finish().ended_early is None


def test_an_answer_that_was_cut_before_anything_is_empty() -> None:
    stream = ChatStream()
    stream.feed(ChatChunk.model_validate({"choices": [{"delta": {}, "finish_reason": "length"}]}))
    with pytest.raises(ProxyAnswerEmpty, match=r"finish reason length"):
        stream.finish()


def split(*pieces: str) -> tuple[str, str]:
    """Return reasoning and text."""
    inline = TaggedReasoning(HeldLimit())
    told = [*map(inline.feed, pieces), inline.finish()]
    return "".join(reasoning for reasoning, _ in told), "".join(text for _, text in told)


@pytest.mark.parametrize(
    ("pieces", "reasoning", "text"),
    [
        (["<think>hm</think>\n\nYes."], "hm", "Yes."),
        (["<think>hm</think>", "</think>\n Yes."], "hm", "Yes."),
        (["<think>hm</think></think> </think>\nYes. "], "hm", "Yes. "),
        (["<think>hm</think></think>Yes.</think>"], "hm", "Yes.</think>"),
        (["<think>hm</think>", "</th", "ink>Yes."], "hm", "Yes."),
        (["<think>hm</think>", "</th", "at"], "hm", "</that"),
        (["<think>hm</think></th", "ink>Yes."], "hm", "Yes."),
        (["<think>hm</th"], "hm</th", ""),
        (["<think>hm</th", "at</think>Yes."], "hm</that", "Yes."),
        (["<think>hm", " still"], "hm still", ""),
        (["<think>hm<", "x"], "hm<x", ""),
        (["</think>\nYes."], "", "Yes."),
        (["</think>", "</think>Yes."], "", "Yes."),
        (["</think>", "<think>Yes."], "Yes.", ""),
        (["<think>hm</think>\n", "<think>er</think>Yes."], "hmer", "Yes."),
        (["</th", "ink>Yes."], "", "Yes."),
        (["</th"], "", "</th"),
        (["<th"], "", "<th"),
        (["<think>"], "", ""),
        (["\n ", "<think>hm</think>Yes."], "hm", "Yes."),
        (["\n ", "Yes."], "", "\n Yes."),
        (["Yes <think>no</think>"], "", "Yes <think>no</think>"),
    ],
)
def test_reasoning_within_the_text_is_told_apart_however_it_is_cut(
    pieces: list[str], reasoning: str, text: str
) -> None:
    assert split(*pieces) == (reasoning, text)


def test_what_surely_is_reasoning_is_not_held_back() -> None:
    inline = TaggedReasoning(HeldLimit())
    assert inline.feed("<think>hm</thi") == ("hm", "")
    assert inline.feed("x") == ("</thix", "")
    assert inline.feed("y") == ("y", "")


def test_an_end_is_told_once() -> None:
    inline = TaggedReasoning(HeldLimit())
    inline.feed("<th")
    assert inline.finish() == ("", "<th")
    assert inline.finish() == ("", "")
    assert inline.feed("ink>") == ("", "ink>")


def several(*choices: dict[str, Any]) -> ChatChunk:
    return ChatChunk.model_validate({"choices": choices})


def test_of_several_choices_the_first_is_the_answer() -> None:
    """`n` may stand in a deployment of LiteLLM's, where no app can see it."""
    stream = ChatStream()
    shown = [
        *stream.feed(several({"index": 0, "delta": {"content": "Good "}})),
        *stream.feed(several({"index": 1, "delta": {"content": "Hello"}})),
        *stream.feed(several({"index": 0, "delta": {"content": "morning."}})),
        *stream.feed(several({"index": 1, "finish_reason": "content_filter"})),
        *stream.feed(several({"index": 0, "finish_reason": "stop"})),
    ]
    assert shown == ["Good ", "morning."]
    outcome = stream.finish()
    assert outcome.finish_reason == "stop"
    assert outcome.ended_early is None
    whole = ChatStream()
    both = [{"index": n, "message": {"content": f"{n}"}, "finish_reason": "stop"} for n in (0, 1)]
    assert whole.feed(several(*both)) == ["0"]


def test_a_tool_is_not_called_once_a_choice() -> None:
    stream = ChatStream()
    for n in (0, 1):
        call = {"index": 0, "id": f"call_{n}", "function": {"name": "send", "arguments": "{}"}}
        stream.feed(several({"index": n, "delta": {"tool_calls": [call]}}))
    stream.feed(several({"index": 0, "finish_reason": "tool_calls"}))
    assert [call.id for call in stream.finish().tool_calls] == ["call_0"]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("name", ["delta", "message"])
def test_choices_with_different_content_are_one_answer(name: str, reverse: bool) -> None:  # noqa: FBT001
    choices: list[dict[str, Any]] = [
        {"index": 0, name: {"content": "Let me see."}, "finish_reason": "stop"},
        {"index": 1, name: {"content": "", **TOOL_CALL}, "finish_reason": "tool_calls"},
    ]
    stream = ChatStream()
    assert stream.feed(several(*(choices[::-1] if reverse else choices))) == ["Let me see."]
    outcome = stream.finish()
    assert [call.id for call in outcome.tool_calls] == ["a"]
    assert outcome.finish_reason == "tool_calls"


def test_a_blank_or_repeated_text_takes_no_call_away() -> None:
    for first, second in (("I look", "\n"), (" ", "Go"), ("I look", "I look")):
        stream = ChatStream()
        stream.feed(several({"index": 0, "delta": {"content": first, "reasoning_content": "hm"}}))
        stream.feed(
            several(
                {"index": 1, "delta": {"content": second, "reasoning_content": "hm", **TOOL_CALL}}
            )
        )
        stream.feed(several({"index": 1, "finish_reason": "tool_calls"}))
        assert [call.id for call in stream.finish().tool_calls] == ["a"]


def test_a_cut_is_a_cut_whatever_other_choices_say() -> None:
    stream = ChatStream()
    stream.feed(several({"index": 0, "delta": {"content": "Half"}, "finish_reason": "length"}))
    stream.feed(several({"index": 1, "delta": TOOL_CALL, "finish_reason": "tool_calls"}))
    assert stream.finish().ended_early


def test_text_that_comes_bare_belongs_to_the_first_choice() -> None:
    stream = ChatStream()
    stream.feed(several({"index": 1, "delta": {"content": "b"}}))
    assert stream.feed("a") == []


def test_content_in_parts_is_reasoning_and_text() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    pieces = [
        chunk({"content": [thinking]}),
        chunk({"content": [{"type": "text", "text": "Yes"}]}),
        chunk({"content": "."}),
    ]
    stream = ChatStream()
    shown = "".join(str(part) for piece in pieces for part in stream.feed(piece))
    assert shown == "<think>\nhm\n</think>\n\nYes."
    assert ended_answer(*pieces, chunk(TOOL_CALL)).reasoning.text == "hm"
