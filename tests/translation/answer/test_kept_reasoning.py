from collections.abc import Mapping

from litellm_proxy.wire.chat import ChatRequest, Delta
from tests.support.captured import chunks_of, client_answered_with
from translation.answer.chat_stream import ChatStream
from translation.answer.held_limit import HeldLimit
from translation.answer.kept_reasoning import KeptReasoning

SIGNED = {"type": "thinking", "thinking": "First think.", "signature": "SIG=="}
REDACTED = {"type": "redacted_thinking", "data": "REDACTED"}


def kept(*blocks: Mapping[str, object]) -> list[dict[str, object]]:
    reasoning = KeptReasoning(HeldLimit())
    reasoning.feed(Delta.model_validate({"thinking_blocks": blocks}), "")
    return list(reasoning.finish().blocks)


def test_f27_streamed_blocks_are_put_together_as_the_provider_sent_them() -> None:
    stream = ChatStream()
    for chunk in chunks_of(
        client_answered_with("chat_claude.sse").chat(ChatRequest("m", [], stream=True))
    ):
        stream.feed(chunk)
    outcome = stream.finish()
    assert outcome.reasoning.blocks == (SIGNED, REDACTED)
    assert [call.id for call in outcome.tool_calls] == ["toolu_1"]


def test_whole_blocks_are_taken_as_they_are() -> None:
    assert kept(SIGNED, REDACTED, {**SIGNED, "thinking": "Second."}) == [
        SIGNED,
        REDACTED,
        {**SIGNED, "thinking": "Second."},
    ]


def test_a_block_without_signature_is_not_sent_back() -> None:
    assert kept({"type": "thinking", "thinking": "cut"}, {"odd": 1}) == []
