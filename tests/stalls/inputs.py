"""What one tenant or one upstream may send, each long enough to show work that grows with its square."""

import gzip
import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.stalls.hostile import Answer
from tests.support import openai_format as openai

CHAT = "/v1/chat/completions"
EMBEDDINGS = "/v1/embeddings"
INFO = "/v1/model/info"
_END = openai.event(openai.delta(finish_reason="stop")) + b"data: [DONE]\n\n"
_PIECES = 40_000


@dataclass(frozen=True)
class Input:
    """Answers by path, and the call that meets them."""

    answers: Mapping[str, Answer] = field(default_factory=dict)
    action: str = "invoke_llm"
    model_type: str = "llm"
    fields: Mapping[str, Any] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    call_seconds: float = 60


def many(
    event: bytes, count: int, start: bytes = b"", end: bytes = _END
) -> Callable[[], Iterator[bytes]]:
    """Return a body of one event many times, in reads of about 64 kB."""
    return lambda: _many(event, count, start, end)


def _many(event: bytes, count: int, start: bytes, end: bytes) -> Iterator[bytes]:
    yield start
    together = max(1, 65536 // len(event))
    for sent in range(0, count, together):
        yield event * min(together, count - sent)
    yield end


def chat(body: Callable[[], Iterable[bytes]], **more: Any) -> Input:
    return Input({CHAT: Answer(body, **more)})


def deltas(count: int = _PIECES, **fields: Any) -> Input:
    """Return a stream of equal deltas."""
    return chat(many(openai.event(openai.delta(**fields)), count))


def one_delta(**fields: Any) -> Input:
    return chat(lambda: [openai.event(openai.delta(**fields)), _END])


def blocking(**message: Any) -> Input:
    reply = openai.completion(**message)
    pieces = [piece for piece in reply.pieces if isinstance(piece, bytes)]
    return Input({CHAT: Answer(lambda: pieces, "application/json")}, fields={"stream": False})


def _growing(count: int) -> Iterator[bytes]:
    for size in range(1, count):
        item = {"id": "r1", "type": "reasoning", "encrypted_content": "a" * (1000 * size)}
        yield openai.event(openai.delta(reasoning_items=[item]))
    yield _END


def _argument_pieces(first: str, piece: str, count: int) -> Callable[[], Iterator[bytes]]:
    start = openai.event(openai.tool_delta(0, id="t1", name="count", arguments=first))
    return many(openai.event(openai.tool_delta(0, arguments=piece)), count, start)


def _calls(count: int) -> Iterator[bytes]:
    """Yield the pieces of a thousand calls in turn."""
    for call in range(1000):
        yield openai.event(openai.tool_delta(call, id=f"t{call}", name="count", arguments="{"))
    yield from _many(openai.event(openai.tool_delta(999, arguments=" ")), count, b"", _END)


def models(count: int) -> bytes:
    """Return `/v1/model/info` of a large proxy, as many bytes a model as LiteLLM 1.106 writes."""
    info = {
        "id": "0123456789abcdef", "key": "gpt-4o", "max_tokens": 16384, "max_input_tokens": 128000,
        "max_output_tokens": 16384, "input_cost_per_token": 2.5e-06, "litellm_provider": "openai", "mode": "chat",
        "supports_vision": True, "supports_function_calling": True, "supports_response_schema": True,
        "supported_openai_params": [f"parameter_number_{n}" for n in range(30)],
        **{f"cost_{n}_per_something": None for n in range(60)},
    }  # fmt: skip
    rows = (
        json.dumps({"model_name": f"model-{n}", "litellm_params": {"model": "openai/gpt-4o"}, "model_info": info})
        for n in range(count)
    )  # fmt: skip
    return b'{"data": [' + ",".join(rows).encode() + b"]}"


_NUMBERS = random.Random(1)  # noqa: S311 - the same texts each time
_WORDS = "".join(
    _NUMBERS.choice("abc ÄÖß日本語 한국어 кириллица ١٢٣ {}[]()!?\n") for _ in range(500_000)
)


def _embedding(body: Callable[[], Iterable[bytes]], texts: int = 1, **more: Any) -> Input:
    return Input(
        {EMBEDDINGS: Answer(body, "application/json", **more)},
        action="invoke_text_embedding",
        model_type="text-embedding",
        fields={"texts": ["a"] * texts, "input_type": "document"},
    )


def _counting(text: str) -> Input:
    return Input(
        action="get_llm_num_tokens",
        fields={"prompt_messages": [{"role": "user", "content": text}], "tools": None},
    )


def _error(body: bytes, status: int = 400) -> Input:
    return chat(lambda: [body], content_type="application/json", status=status)


def _error_message(message: str, status: int = 400) -> Input:
    return _error(
        json.dumps({"error": {"message": message, "type": "x", "code": str(status)}}).encode(),
        status,
    )


_MB = 1_000_000
_ZEROS = gzip.compress(b" " * 60 * _MB)
_TEXT = gzip.compress(b"data: " + b"a" * 60 * _MB)
INPUTS: dict[str, Input] = {
    # Before the first event.
    "blanks before the first event": chat(many(b" " * 65536, 160)),
    "line feeds before the first event": chat(many(b"\n" * 65536, 160)),
    "comments without an end": chat(many(b":\n", 2_000_000)),
    "one line without an end": chat(many(b"a" * 65536, 1000, b"data: ", b"")),
    "60 MB of blanks in 61 kB of gzip": chat(lambda: [_ZEROS], headers={"content-encoding": "gzip"}),
    "60 MB of text in gzip": chat(lambda: [_TEXT], headers={"content-encoding": "gzip"}),
    "gzip inside gzip": chat(
        lambda: [gzip.compress(_ZEROS)], headers={"content-encoding": "gzip, gzip"}
    ),
    # Many events, and events with many parts.
    "empty events": chat(many(b"data: {}\n\n", 100_000)),
    "reasoning deltas": deltas(100_000, reasoning_content="a"),
    "plain deltas": deltas(100_000, content="a"),
    "blank reasoning": deltas(reasoning_content=" "),
    "blank content": deltas(content="\n"),
    "content of half tags": deltas(content="<"),
    "a thought of half tags": chat(
        many(openai.event(openai.delta(content="</think")), _PIECES, openai.event(openai.delta(content="<think>")))
    ),
    "a refusal in pieces": deltas(refusal="a"),
    "thinking blocks in pieces": deltas(thinking_blocks=[{"type": "thinking", "thinking": "aaaaaaaaaa"}]),
    "100 000 thinking blocks at once": one_delta(
        thinking_blocks=[{"type": "thinking", "thinking": "a"}] * 100_000
    ),
    "a growing item of reasoning": chat(lambda: _growing(130)),
    "placeholders for arguments": chat(_argument_pieces("", " ", _PIECES)),
    "arguments of braces": chat(_argument_pieces('{"a": "', "}", _PIECES)),
    "arguments of objects": chat(_argument_pieces("{x}", "{x}", _PIECES)),
    "pieces of a thousand calls": chat(lambda: _calls(_PIECES)),
    "100 000 tool calls at once": one_delta(
        tool_calls=[{"index": n, "function": {"name": "a", "arguments": "{}"}} for n in range(100_000)]
    ),
    "arguments of arrays": chat(
        _argument_pieces('{"a": [', "[]," * 10_000, 100)
    ),
    "an answer of braces": blocking(content="{" * 300_000),
    "texts of braces": chat(lambda: [openai.event({"x": ["{"] * 400_000}), _END]),
    "100 000 choices": chat(lambda: [openai.event({"choices": [{}] * 100_000}), _END]),
    "100 000 images": one_delta(images=[{"image_url": {"url": "http://a"}}] * 100_000),
    "100 000 notes": one_delta(annotations=[{"url_citation": {"url": "http://a"}}] * 100_000),
    "100 000 details": one_delta(reasoning_details=[{"text": "a"}] * 100_000),
    "100 000 sources": chat(
        lambda: [openai.event({**openai.delta(), "citations": [f"http://{n}" for n in range(100_000)]}), _END]
    ),
    "events of 1 MB": deltas(30, content="ä" * 500_000),
    "an event of 30 MB of escapes": chat(lambda: [b'data: {"choices": [{"delta": {"content": "' + rb"\n" * 15 * _MB, b'"}}]}\n\n', _END]),
    "an event of nested arrays": chat(lambda: [b"data: " + b"[" * _MB + b"\n\n", _END]),
    "an event of arrays": chat(lambda: [b'data: {"x": [' + b"[]," * 5 * _MB + b"1]}\n\n", _END]),
    "a blocking answer of arrays": Input(
        {CHAT: Answer(lambda: [b'{"x": [' + b"[]," * 5 * _MB + b"1]}"], "application/json")}, fields={"stream": False}
    ),
    "a blocking answer of 30 MB": blocking(content="a\n" * 15 * _MB),
    "a blocking answer of tags": blocking(content="<think>" * 200_000),
    "speech in pieces": deltas(audio={"data": "AAAA", "transcript": "a"}),
    # Damage.
    "NUL bytes": chat(many(b"\0" * 65536, 300)),
    "invalid UTF-8": chat(many(b'data: {"choices": [{"delta": {"content": "\xff"}}]}\n\n', 50_000)),
    "a head without an end": Input({CHAT: Answer(raw=lambda: _many(b"x-a: b\r\n", 500_000, b"HTTP/1.1 200 OK\r\n", b""))}),
    "a header of 64 kB": Input({CHAT: Answer(raw=lambda: [b"HTTP/1.1 200 OK\r\nx-a: " + b"b" * 65_000 + b"\r\n\r\n"])}),
    "chunks without content": Input({CHAT: Answer(raw=lambda: _many(b"1;" + b"a" * 1000 + b"\r\n\n\r\n", 50_000, b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b""))}),
    "chunks of one byte": Input({CHAT: Answer(raw=lambda: _many(b"1\r\n\n\r\n", 1_000_000, b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b""))}),
    # Errors.
    "an error of max": _error_message("max" * 20_000),
    "an error of quotation marks": _error_message("'message': \"" * 5_000),
    "an error of braces": _error_message("{" * 60_000),
    "an error of bytes": _error_message("b'{" * 20_000),
    "an error page of scripts": _error(b"<script>" * 8_000, 502),
    "an error of brackets": _error(b"<" * 64_000, 502),
    # Vectors.
    "400 000 numbers in one vector": _embedding(
        lambda: [json.dumps({"data": [{"index": 0, "embedding": [0.123456789] * 400_000}]}).encode()]
    ),
    "100 000 members beside the vectors": _embedding(
        lambda: [b"{" + b",".join([b'"a":0'] * 100_000) + b',"data":[]}']
    ),
    "rows that are none": _embedding(lambda: [b'{"data": [' + b"0," * _MB + b"0]}"]),
    "100 000 vectors": _embedding(
        lambda: [json.dumps({"data": [{"index": n, "embedding": [0.5]} for n in range(100_000)]}).encode()]
    ),
    "10 000 texts": _embedding(
        lambda: [json.dumps({"data": [{"index": n, "embedding": [0.5] * 8} for n in range(10_000)]}).encode()],
        10_000,
    ),
    "an embedding error of max": Input(
        {EMBEDDINGS: Answer(lambda: [json.dumps({"error": {"message": "max" * 20_000}}).encode()], "application/json", 400)},
        action="invoke_text_embedding", model_type="text-embedding",
        fields={"texts": ["a", "b"], "input_type": "document"},
    ),
    # Facts.
    "facts of 5 000 models": Input(
        {INFO: Answer(lambda: [models(5_000)], "application/json")}, action="get_ai_model_schemas", fields={}
    ),
    # What Dify asks by itself.
    "tokens of 1 MB": _counting("Some words of a long prompt, 1234. " * 30_000),
    "tokens of mixed scripts": _counting(_WORDS),
    "tokens of 500 texts": Input(
        action="get_text_embedding_num_tokens", model_type="text-embedding",
        fields={"texts": ["Some words of a text, 1234. " * 72] * 500},
    ),
}  # fmt: skip
