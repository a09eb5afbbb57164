"""Which of LiteLLM's keys to replace, and how far an earlier rotation came.

A rotation leaves its state in the metadata of the keys, so that it can be resumed at any step:

- The new key has `replaces` (the hash of the old key), `alias` (the alias that it will have) and `shown`
  (how Dify shows it).
- The old key has `replaced` as soon as all forms of a workspace have the new key, with its own `alias` and
  `expires`, and then expires. Another workspace that has the old key gets a new one too.
"""

import itertools
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from admin.dify.forms import SavedForm
from admin.litellm.responses import Key
from litellm_proxy.wire.reading import Json

NAME = "dify_rotation"
"""The name of a rotation's state in a key's metadata."""
_LAST = 2
_CARRIED = (
    "models", "aliases", "config", "user_id", "team_id", "project_id", "organization_id", "agent_id",
    "max_parallel_requests", "tpm_limit", "rpm_limit", "tpd_limit", "max_budget", "budget_duration",
    "budget_id", "budget_limits", "budget_fallbacks", "allowed_cache_controls", "allowed_routes",
    "permissions", "model_max_budget", "access_group_ids", "object_permission", "spend",
)  # fmt: skip
"""The fields of a key that the new one has too (LiteLLM 1.106, GenerateKeyRequest)."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """A key to replace.

    `old` are the keys to let expire: the key in use, and new ones of an interrupted rotation. `new` is
    the key that all forms have already, None if one has to be issued for `forms`.
    """

    old: tuple[Key, ...]
    new: Key | None
    forms: tuple[SavedForm, ...]


@dataclass(frozen=True, slots=True)
class Rotations:
    """All that is to be done.

    `delete` are keys that were replaced and have expired. `unknown` are forms whose key cannot be
    found, with the reason.
    """

    rotations: tuple[Rotation, ...]
    delete: tuple[Key, ...]
    unknown: tuple[tuple[SavedForm, str], ...]


def rotations_of(
    forms: Sequence[SavedForm],
    keys: Sequence[Key],
    now: datetime,
    *,
    alias: str = "",
    days: int = 0,
) -> Rotations:
    """Return what is to be done.

    With `alias` only for the key of that alias, with `days` only for keys that are so old. An
    interrupted rotation is always resumed.
    """
    live = {key.token: key for key in keys if key.token and "replaced" not in state_of(key)}
    expiring = [key for key in keys if "replaced" in state_of(key) and not _has_expired(key, now)]
    forms_of, unknown = _by_key(forms, [*live.values(), *expiring], now, alias)
    families: dict[str | None, list[Key]] = {}
    for key in live.values():
        families.setdefault(_root(key, live).token, []).append(key)
    rotations = []
    for family in families.values():
        in_use = [key for key in family if key.token in forms_of]
        if not in_use:
            continue
        of_family = tuple(form for key in in_use for form in forms_of[key.token])
        is_interrupted = len(family) > 1 or _is_unnamed(family[0])
        if is_interrupted and len(in_use) == 1 and "replaces" in state_of(in_use[0]):
            others = tuple(key for key in family if key is not in_use[0])
            rotations.append(Rotation(others, in_use[0], of_family))
        elif is_interrupted or _age(family[0], now) >= days:
            rotations.append(Rotation(tuple(family), None, of_family))
    rotations += [
        Rotation((key,), None, tuple(forms_of[key.token]))
        for key in expiring
        if key.token in forms_of
    ]
    delete = [key for key in keys if "replaced" in state_of(key) and _has_expired(key, now)]
    return Rotations(tuple(rotations), tuple(delete), tuple(unknown))


def _by_key(
    forms: Sequence[SavedForm], keys: Sequence[Key], now: datetime, alias: str
) -> tuple[dict[str | None, list[SavedForm]], list[tuple[SavedForm, str]]]:
    """Return the forms by the hash of their key, and those whose key cannot be found."""
    found: dict[str | None, list[SavedForm]] = {}
    unknown = []
    for form in forms:
        candidates = _candidates(form.shown_key, keys)
        if alias:
            candidates = [
                key for key in candidates if alias in {key.key_alias, state_of(key).get("alias")}
            ]
        if len(candidates) == 1 and not _is_useless(candidates[0], now):
            found.setdefault(candidates[0].token, []).append(form)
        elif not alias:
            unknown.append((form, _reason(form.shown_key, candidates)))
    return found, unknown


def state_of(key: Key) -> Mapping[str, Any]:
    """Return the state that a rotation left in a key, empty without one."""
    state = (key.metadata or {}).get(NAME)
    return state if isinstance(state, dict) else {}


def target_alias(key: Key) -> str | None:
    """Return the alias that the key has, or will have at the end of its rotation."""
    return state_of(key).get("alias") or key.key_alias


def fields_of_new(old: Key, now: datetime, alias: str | None) -> dict[str, Json]:
    """Return the request for a key with the same rights, budget and limits, that will get `alias`.

    What was spent of the budget counts for the new key too. Its first alias is temporary: an alias is
    unique in LiteLLM.
    """
    given = old.model_dump(mode="json")
    given["organization_id"] = given.get("organization_id") or given.get("org_id")
    fields: dict[str, Json] = {name: given[name] for name in _CARRIED if given.get(name)}
    fields["metadata"] = metadata_with(
        old, replaces=old.token, alias=alias, shown=None, replaced=None, expires=None
    )
    if alias:
        fields["key_alias"] = f"{alias}-new-{secrets.token_hex(4)}"
    if expires := _own_expiry(old):
        fields["duration"] = f"{max(int((expires - now).total_seconds()), 1)}s"
    return fields


def fields_of_old(old: Key, now: datetime, grace: int) -> dict[str, Json]:
    """Return the changes of a replaced key: it expires in `grace` seconds, or earlier if it did."""
    seconds = grace
    if old.expires:
        seconds = min(grace, int((_utc(old.expires) - now).total_seconds()))
    expires = _own_expiry(old)
    state = {"alias": target_alias(old), "expires": expires.isoformat() if expires else None}
    changes: dict[str, Json] = {
        "metadata": metadata_with(old, replaced=f"{now:%Y-%m-%d}", **state),
        "duration": f"{max(seconds, 1)}s",
    }
    if old.key_alias and "replaced" not in state_of(old):
        changes["key_alias"] = f"{old.key_alias}-replaced-{now:%Y-%m-%d}-{(old.token or '')[:6]}"
    return changes


def free_alias(old: Key, keys: Sequence[Key]) -> str | None:
    """Return the alias for a new key: that of the old one, with a number if another key has it."""
    alias = target_alias(old)
    taken = {key.key_alias for key in keys if key is not old}
    numbered = (f"{alias}-{number}" for number in itertools.count(2))
    return next(
        each for each in itertools.chain([alias], numbered) if not each or each not in taken
    )


def metadata_with(key: Key, **state: str | None) -> dict[str, Json]:
    """Return the key's metadata with values of the rotation's state; None removes a value."""
    both = {**state_of(key), **state}
    kept = {name: value for name, value in both.items() if value is not None}
    return {**(key.metadata or {}), NAME: kept}


def differing_fields(old: Key, new: Key) -> list[str]:
    """Return the names of carried fields that the new key lacks."""
    before, after = old.model_dump(mode="json"), new.model_dump(mode="json")
    return [
        name for name in _CARRIED
        if before.get(name) and name not in {"spend", "object_permission", "config"}
        and after.get(name) != before.get(name)
    ]  # fmt: skip


def _candidates(shown: str, keys: Sequence[Key]) -> list[Key]:
    """Return the keys that Dify could show so: exactly, else by the last two characters."""
    if "*" not in shown or shown.endswith("*"):
        return []
    exact = [key for key in keys if state_of(key).get("shown") == shown]
    return exact or [
        key
        for key in keys
        if "shown" not in state_of(key) and (key.key_name or "")[-_LAST:] == shown[-_LAST:]
    ]


def _reason(shown: str, candidates: Sequence[Key]) -> str:
    if not shown:
        return "it has no API key"
    if len(candidates) == 1:
        return f"its key {target_alias(candidates[0])} is blocked or has expired in LiteLLM"
    if candidates:
        names = ", ".join(sorted(key.key_alias or (key.token or "")[:12] for key in candidates))
        return f"its key could be any of {names}: name one with --alias"
    return "LiteLLM lists no such key: it may be the master key"


def _root(key: Key, live: Mapping[str, Key]) -> Key:
    """Return the key that a chain of unfinished rotations began with."""
    seen = set()
    while (before := live.get(state_of(key).get("replaces", ""))) and before.token not in seen:
        seen.add(before.token)
        key = before
    return key


def _own_expiry(key: Key) -> datetime | None:
    """Return when the key expires, or would have expired had it not been replaced."""
    if "replaced" not in state_of(key):
        return key.expires and _utc(key.expires)
    expires = state_of(key).get("expires")
    return datetime.fromisoformat(expires) if expires else None


def _is_unnamed(key: Key) -> bool:
    """Return whether a rotation ended before it gave the key its alias."""
    return target_alias(key) != key.key_alias


def _age(key: Key, now: datetime) -> int:
    """Return the age of a key in whole days; one of unknown age is old."""
    return (now - _utc(key.created_at)).days if key.created_at else sys.maxsize


def _is_useless(key: Key, now: datetime) -> bool:
    """Return whether LiteLLM rejects the key: a new one would not be rejected."""
    return bool(key.blocked) or _has_expired(key, now)


def _has_expired(key: Key, now: datetime) -> bool:
    return key.expires is not None and _utc(key.expires) < now


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
