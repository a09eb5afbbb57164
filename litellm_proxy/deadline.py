"""When an answer has to be complete."""

import math
import time
from dataclasses import dataclass
from typing import Self

import httpx

_NAME = "deadline"
MIN_WAIT = 0.001


@dataclass(slots=True)
class Deadline:
    """A moment (monotonic, in seconds); reading an answer may bring it forward."""

    at: float = math.inf

    @classmethod
    def after(cls, seconds: float) -> Self:
        """Return the deadline of what may take so long from now on."""
        return cls(time.monotonic() + seconds)

    @property
    def has_passed(self) -> bool:
        """Return whether nothing is waited for any more."""
        return time.monotonic() > self.at

    @property
    def seconds_left(self) -> float:
        """Return how long the answer may still take, at least MIN_WAIT."""
        return max(self.at - time.monotonic(), MIN_WAIT)

    def bring_forward(self, seconds: float) -> None:
        """Wait for so many seconds more at most."""
        self.at = min(self.at, time.monotonic() + seconds)

    @property
    def extension(self) -> dict[str, object]:
        """Return how a request carries it to the connection pool."""
        return {_NAME: self}


def deadline_of(request: httpx.Request) -> Deadline:
    """Return the deadline that a request carries; without one nothing is late."""
    deadline = request.extensions.get(_NAME)
    return deadline if isinstance(deadline, Deadline) else Deadline()
