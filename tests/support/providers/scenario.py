"""What a scripted provider answers, whatever its wire format."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from harness.upstream import Cut, Pause, Reply

PROMPT_TOKENS = 11
COMPLETION_TOKENS = 7


class End(Enum):
    """How an answer ends."""

    STOP = auto()
    LENGTH = auto()
    TOOLS = auto()
    FILTER = auto()


@dataclass(frozen=True)
class Call:
    """A tool call; `id` as the format makes ids, "" where it has none."""

    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Scenario:
    """One answer."""

    texts: tuple[str, ...] = ()
    thinking: str = ""
    signature: str = ""
    calls: tuple[Call, ...] = ()
    end: End = End.STOP


@dataclass(frozen=True)
class Provider:
    """How one wire format renders a scenario, and how LiteLLM is led to it.

    `params` are LiteLLM's for the deployment, where `{url}` is the server's. `paths` are where it is
    asked for a stream and a whole answer, None where the model in the body tells. `broken` renders
    the beginning of a stream and what comes then, `midway` an error in the middle of one. `call_ids`
    are ids as this format makes them. `cannot`: what LiteLLM 1.106.2 cannot do with it, by
    capability, with what is seen.
    """

    name: str
    params: Mapping[str, Any]
    stream: Callable[[Scenario], Reply]
    whole: Callable[[Scenario], Reply]
    error: Callable[[int, str], Reply]
    broken: Callable[[Scenario, Sequence[Cut | Pause | bytes]], Reply]
    midway: Callable[[str], bytes]
    model: str = ""
    paths: tuple[str, str] | None = None
    call_ids: tuple[str, str] = ("call_a1", "call_b2")
    thinks: bool = True
    filters: bool = True
    cannot: Mapping[str, str] = field(default_factory=dict)
    refuses: Callable[[dict[str, Any]], str | None] | None = None
    """The words with which it refuses a request, None for one that it takes."""

    def answers(self, upstream: Any, scenario: Scenario) -> None:
        """Let the server answer so, streamed and whole."""
        self.replies(upstream, self.stream(scenario), self.whole(scenario))

    def replies(self, upstream: Any, stream: Reply, whole: Reply) -> None:
        """Let the server reply so."""
        if self.paths:
            upstream.on(self.paths[0], stream)
            upstream.on(self.paths[1], whole)
        else:
            upstream.by_mode(self.model, stream, whole)
