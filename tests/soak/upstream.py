"""What stands behind the proxy in a soak: answers that name their question, and faults."""

import json
import random
import re

from harness.upstream import HANG_UP, Asked, Cut, Pause, Reply, Upstream
from tests.support import openai_format as openai

CHAT = "scenario/soak-chat"
EMBEDDING = "scenario/soak-embedding"
PIECES = 12
BURST = 400
_QUESTION = re.compile(r"#(\d+) (paced|burst|tool|blocking)")


def pieces_of(number: int, kind: str) -> list[str]:
    """Return the pieces of the answer to a question, which hold its number each."""
    return [f"<{number}.{n}>" for n in range(BURST if kind == "burst" else PIECES)]


class SoakUpstream(Upstream):
    """Answers each question with its own number; some requests fail, in all the ways there are."""

    def __init__(self, faults: float, seed: int) -> None:
        """`faults` is the share of requests that fail."""
        super().__init__()
        self._faults = faults
        self._random = random.Random(seed)  # noqa: S311 - a repeatable soak
        self.failed = 0

    def reply_to(self, asked: Asked) -> Reply:
        if asked.method == "GET":
            return super().reply_to(asked)
        whole = self._whole(asked)
        if self._random.random() >= self._faults:
            return whole
        self.failed += 1
        return self._random.choice(
            [
                openai.error("Slow down", 429),
                openai.error("Broken", 500),
                openai.error("Not like this", 400),
                Reply([], HANG_UP),
                Reply([b"<html>502</html>"], status=502, content_type="text/html"),
                Reply(
                    [*whole.pieces[: len(whole.pieces) // 2], Cut()],
                    content_type=whole.content_type,
                ),
                Reply([Pause(2), *whole.pieces], content_type=whole.content_type),
            ]
        )

    def _whole(self, asked: Asked) -> Reply:
        if asked.path.endswith("/embeddings"):
            texts = asked.body["input"]
            return openai.embeddings([[float(text), 0.5] for text in texts])
        found = _QUESTION.search(json.dumps(asked.body["messages"][-1]))
        number, kind = (int(found[1]), found[2]) if found else (0, "paced")
        if kind == "tool":
            arguments = json.dumps({"number": number})
            half = len(arguments) // 2
            return openai.stream(
                openai.tool_delta(0, id=f"call_{number}", name="count", arguments=arguments[:half]),
                openai.tool_delta(0, arguments=arguments[half:]),
                openai.delta(finish_reason="tool_calls"),
                openai.usage_chunk(),
            )
        pieces = pieces_of(number, kind)
        if kind == "blocking":
            return openai.completion(content="".join(pieces))
        reply = openai.text_stream(*pieces)
        if kind == "burst":
            return Reply([b"".join(p for p in reply.pieces if isinstance(p, bytes))],
                         content_type=reply.content_type)  # fmt: skip
        paced = [part for piece in reply.pieces for part in (piece, Pause(0.01))]
        return Reply(paced, content_type=reply.content_type)
