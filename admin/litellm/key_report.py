"""The state of the key in use: expiry, budget, limits, and deprecated models."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from admin.litellm.deprecations import deprecation_warning
from admin.litellm.management import Management, quoted
from admin.litellm.responses import Deprecations, Key
from litellm_proxy.errors import ProxyError


@dataclass(frozen=True, slots=True)
class KeyReport:
    """The state of a key.

    `key` has names and texts. `unread` has a message for each part that could not be read. `used_by`
    has the apps by deprecated model, None if Dify was not asked.
    """

    key: Mapping[str, str]
    deprecated: tuple[Deprecations.Model, ...]
    unread: tuple[str, ...]
    used_by: Mapping[str, tuple[str, ...]] | None = None

    def lines(self) -> Iterator[str]:
        """Yield the warnings."""
        yield from self.unread
        for model in self.deprecated:
            apps = None if self.used_by is None else self.used_by.get(model.model_name, ())
            yield deprecation_warning(model, apps)

    def to_json(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        used_by = self.used_by
        return {
            "key": dict(self.key),
            "deprecated": [
                {
                    **model.model_dump(mode="json"),
                    "apps": None if used_by is None else list(used_by.get(model.model_name, ())),
                }
                for model in self.deprecated
            ],
            "unread": list(self.unread),
        }


def key_report(management: Management, models: Collection[str], now: datetime) -> KeyReport:
    """Read the state of the key, and which of `models` are deprecated. Raises nothing."""
    unread: list[str] = []
    key: dict[str, str] = {}
    deprecated: tuple[Deprecations.Model, ...] = ()
    try:
        key = dict(_facts_of(management.own_key(), now))
    except ProxyError as error:
        unread.append(f"Budget and limits of the key are unknown: {quoted(error)}")
    try:
        known = management.deprecations()
        every = known.deprecated + known.imminent + known.upcoming
        deprecated = tuple(each for each in every if each.model_name in models)
    except ProxyError as error:
        unread.append(f"Deprecated models are unknown: {quoted(error)}")
    return KeyReport(key, deprecated, tuple(unread))


def _facts_of(key: Key, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield name and text of each known fact; a limit that is not set is left out."""
    if key.key_alias:
        yield "alias", key.key_alias
    if key.team_id:
        yield "team", key.team_id
    if key.blocked:
        yield "blocked", "yes: LiteLLM rejects every call with this key"
    if key.expires:
        yield "expires", _when(key.expires, now)
    yield "spent", f"{key.spend:.4f} USD"
    if key.max_budget is not None:
        left = max(key.max_budget - key.spend, 0)
        yield "budget left", f"{left:.4f} of {key.max_budget:g} USD"
    if key.budget_reset_at:
        yield "budget resets", _when(key.budget_reset_at, now)
    for limit, text in (
        (key.rpm_limit, "requests a minute"),
        (key.tpm_limit, "tokens a minute"),
        (key.max_parallel_requests, "requests at once"),
    ):
        if limit is not None:
            yield text, str(limit)


def _when(moment: datetime, now: datetime) -> str:
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    days = (moment - now).days
    relative = f"in {days} days" if moment > now else "in the past"
    return f"{moment:%Y-%m-%d %H:%M} UTC ({relative})"
