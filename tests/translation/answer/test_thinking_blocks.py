from litellm_proxy.wire.chat import ChatRequest
from tests.support.captured import chunks_of, client_answered_with
from translation.answer.chat_stream import ChatStream
from translation.answer.thinking_blocks import ThinkingBlocks

SIGNED = {"type": "thinking", "thinking": "First think.", "signature": "SIG=="}
REDACTED = {"type": "redacted_thinking", "data": "REDACTED"}


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
    blocks = ThinkingBlocks()
    blocks.add([SIGNED, REDACTED, {**SIGNED, "thinking": "Second."}])
    assert blocks.folded() == [SIGNED, REDACTED, {**SIGNED, "thinking": "Second."}]


def test_a_block_without_signature_is_not_sent_back() -> None:
    blocks = ThinkingBlocks()
    blocks.add([{"type": "thinking", "thinking": "cut"}, {"odd": 1}])
    assert blocks.folded() == []
