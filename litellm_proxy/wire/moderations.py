"""`POST /v1/moderations`."""

import json
from dataclasses import dataclass

from litellm_proxy.wire.error_body import Answer
from litellm_proxy.wire.reading import WireModel


@dataclass(frozen=True, slots=True)
class ModerationRequest:
    """A text to be judged."""

    model: str
    text: str
    user: str | None = None

    def to_json(self) -> bytes:
        """Return the request body."""
        return json.dumps({"model": self.model, "input": self.text}).encode()


class Judgement(WireModel):
    """What was found in one text. Categories are not read: LiteLLM sends them in two spellings."""

    flagged: bool


class ModerationAnswer(Answer):
    """One judgement per text."""

    results: list[Judgement] | None = None
