"""What calls taught us of models, for this process: bounded, the entry unused for longest goes first.

A plain module and not part of a model class, because the SDK makes a model object per request.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from litellm_proxy.wire.concessions import NONE, Concessions

MAX_MODELS = 4096


@dataclass(frozen=True, slots=True)
class ModelKey:
    """One model for one caller: `owner` is the digest of proxy and key, `kind` Dify's model type."""

    owner: str
    kind: str
    model: str


@dataclass
class Memory[V]:
    """A value a model; safe to use from several threads."""

    max_models: int = MAX_MODELS
    _kept: OrderedDict[ModelKey, V] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, key: ModelKey) -> V | None:
        """Return what is kept for a model."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: ModelKey, value: V) -> None:
        """Keep a value for a model, in place of the one before."""
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            while len(self._kept) > self.max_models:
                self._kept.popitem(last=False)


_concessions: Memory[Concessions] = Memory()
_refused_parameters: Memory[frozenset[str]] = Memory()
largest_batches: Memory[int] = Memory()
"""How many texts an embedding request may hold, where a provider has refused more."""


def concessions_of(key: ModelKey) -> Concessions:
    """Return what has to be conceded for a model, as far as calls have shown."""
    return _concessions.of(key) or NONE


def learn_concessions(key: ModelKey, concessions: Concessions) -> None:
    """Remember concessions beside those that are known."""
    _concessions.keep(key, concessions_of(key) | concessions)


def refused_parameters_of(key: ModelKey) -> frozenset[str]:
    """Return which parameters of an app a model has refused."""
    return _refused_parameters.of(key) or frozenset()


def learn_refused_parameters(key: ModelKey, names: frozenset[str]) -> None:
    """Remember refused parameters beside those that are known; the schema offers them no longer."""
    if names:
        _refused_parameters.keep(key, refused_parameters_of(key) | names)
