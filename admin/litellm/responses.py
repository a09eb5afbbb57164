"""Responses of LiteLLM's management API, with the fields that are used.

Written for LiteLLM 1.106; fields that older versions lack are optional.
"""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Metrics(_Answer):
    """Cost in USD, tokens and requests."""

    spend: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    api_requests: int = 0
    failed_requests: int = 0


class Part(_Answer):
    """The metrics of one model, key or entity; `metadata` may hold its name."""

    metrics: Metrics
    metadata: dict[str, Any] = {}


class Breakdown(_Answer):
    """A day's metrics by public model name, key and entity."""

    model_groups: dict[str, Part] = {}
    api_keys: dict[str, Part] = {}
    entities: dict[str, Part] = {}


class Activity(_Answer):
    """GET /…/daily/activity: one page."""

    class Day(_Answer):
        """One day (UTC)."""

        date: date
        metrics: Metrics
        breakdown: Breakdown = Breakdown()

    class Pages(_Answer):
        """Whether there is a next page."""

        has_more: bool = False

    results: tuple[Day, ...]
    metadata: Pages = Pages()


class SpendLogs(_Answer):
    """GET /spend/logs/v2: one page."""

    class Call(_Answer):
        """One call; `api_key` is the key's hash."""

        startTime: datetime  # noqa: N815 - LiteLLM's name
        status: str | None = None
        spend: float | None = None
        prompt_tokens: int | None = None
        completion_tokens: int | None = None
        api_key: str | None = None
        team_id: str | None = None
        end_user: str | None = None
        model_group: str | None = None
        request_tags: list[str] | None = None

    data: tuple[Call, ...]
    total_pages: int = 1


class Key(_Answer):
    """A virtual key, without the key itself; `token` is its hash, `key_name` shows its last four."""

    model_config = ConfigDict(frozen=True, extra="allow")

    token: str | None = None
    key_name: str | None = None
    key_alias: str | None = None
    spend: float = 0.0
    max_budget: float | None = None
    budget_duration: str | None = None
    budget_reset_at: datetime | None = None
    expires: datetime | None = None
    blocked: bool | None = None
    rpm_limit: int | None = None
    tpm_limit: int | None = None
    max_parallel_requests: int | None = None
    team_id: str | None = None
    user_id: str | None = None
    created_at: datetime | None = None
    metadata: dict[str, Any] | None = None


class KeyInfo(_Answer):
    """GET /key/info; `key` is the hash that was asked for."""

    key: str | None = None
    info: Key


class Keys(_Answer):
    """GET /key/list?return_full_object=true: one page."""

    keys: tuple[Key, ...]
    total_pages: int = 1


class NewKey(_Answer):
    """POST /key/generate."""

    key: str
    token: str | None = None


class Deprecations(_Answer):
    """GET /v1/model/deprecations."""

    class Model(_Answer):
        """A model with the day from which its provider may reject it."""

        model_name: str
        deprecation_date: date
        days_until_deprecation: int
        successor_model: str | None = None

    deprecated: tuple[Model, ...] = ()
    imminent: tuple[Model, ...] = ()
    upcoming: tuple[Model, ...] = ()


class Tag(_Answer):
    """A row of GET /tag/list."""

    name: str
    description: str | None = None
    models: list[str] | None = None


class Customer(_Answer):
    """A row of GET /customer/list: an end user; `alias` is a name for it."""

    user_id: str
    alias: str | None = None
    blocked: bool = False
