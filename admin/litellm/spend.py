"""Read who spent what: cost, tokens and calls by app, end user, team, key and model."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from admin.litellm.management import Management, quoted
from admin.litellm.responses import Activity, Metrics, Part, SpendLogs
from litellm_proxy.errors import ProxyRejected
from litellm_proxy.wire.options import APP_TAG

MAX_LOG_PAGES = 20
_HASH = re.compile(r"[0-9a-f]{64}")
_HASH_CHARACTERS = 12
_ALIASES = ("team_alias", "alias", "key_alias", "user_alias", "user_email")
_TAGS_OF_LITELLM = ("User-Agent:",)
_FAILURE = "failure"


class By(StrEnum):
    """What the spend is counted by."""

    APP = "app"
    USER = "user"
    TEAM = "team"
    KEY = "key"
    MODEL = "model"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Amount:
    """Cost in USD, calls (also failed ones), failed calls, and tokens."""

    cost: Decimal = Decimal(0)
    calls: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(
            self.cost + other.cost,
            self.calls + other.calls,
            self.failed + other.failed,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
        )


NOTHING = Amount()


@dataclass(frozen=True, slots=True)
class Row:
    """What one app, user, team, key, model or tag spent.

    `id` is LiteLLM's; of a key it is the start of the hash. `name` is "" if there is none.
    """

    by: By
    id: str
    name: str
    amount: Amount


@dataclass(frozen=True, slots=True)
class Spend:
    """The spend of a range of days.

    `rows` are sorted by cost, for each `By`. `unread` says why something could not be read; `notes`
    are for people. `days` has the days with calls.
    """

    total: Amount
    days: Mapping[date, Amount]
    rows: tuple[Row, ...]
    unread: Mapping[By, str]
    notes: tuple[str, ...] = ()

    def of(self, by: By) -> tuple[Row, ...]:
        """Return the rows of one kind."""
        return tuple(row for row in self.rows if row.by is by)


@dataclass(slots=True)
class _Sums:
    """Sums by id, and the names that were found."""

    amounts: dict[str, Amount] = field(default_factory=lambda: defaultdict(Amount))
    names: dict[str, str] = field(default_factory=dict)

    def add(self, id_: str, amount: Amount, name: str = "") -> None:
        self.amounts[id_] += amount
        if name:
            self.names[id_] = name


def read_spend(
    management: Management,
    start: date,
    end: date,
    wanted: Iterable[By],
    tell: Callable[[str], None] = lambda _: None,
) -> Spend:
    """Read the spend from `start` to `end`, both included (UTC).

    Each kind is read from LiteLLM's daily activity. What that rejects is summed up from the spend log,
    at most MAX_LOG_PAGES pages. `tell` is called with each step. Raises ProxyError if nothing can be
    read.
    """
    kinds = set(wanted)
    first, last = start.isoformat(), end.isoformat()
    found = _Found()
    rejected: dict[By, ProxyRejected] = {}
    for source in _SOURCES:
        if not (source.has_total or kinds & source.kinds):
            continue
        tell(f"Reading the activity of {source.name}s …")
        try:
            for day in management.activity(source.name, first, last):
                found.add_day(source, day)
        except ProxyRejected as error:
            rejected.update(dict.fromkeys(source.kinds, error))
    unread: dict[By, str] = {}
    if rejected:
        tell("Reading the spend log …")
        try:
            found.add_log(management.spend_logs(first, last, MAX_LOG_PAGES), set(rejected), kinds)
        except ProxyRejected:
            if rejected.keys() >= set(By):
                raise next(iter(rejected.values())) from None
            unread = {by: quoted(error) for by, error in rejected.items() if by in kinds}
    return Spend(
        total=sum(found.days.values(), NOTHING),
        days=dict(sorted(found.days.items())),
        rows=tuple(row for by in By if by in kinds for row in _rows(by, found.sums[by])),
        unread=unread,
        notes=tuple(found.notes),
    )


def _counted_tag(tag: str) -> Iterator[tuple[By, str]]:
    if tag.startswith(APP_TAG):
        yield By.APP, tag.removeprefix(APP_TAG)
    elif not tag.startswith(_TAGS_OF_LITELLM):
        yield By.TAG, tag


def _parts_of_key(day: Activity.Day) -> Iterator[tuple[By, str, Part]]:
    for key, part in day.breakdown.api_keys.items():
        yield By.KEY, key, part
    for model, part in day.breakdown.model_groups.items():
        yield By.MODEL, model, part


def _parts_of_tag(day: Activity.Day) -> Iterator[tuple[By, str, Part]]:
    for tag, part in day.breakdown.entities.items():
        for by, id_ in _counted_tag(tag):
            yield by, id_, part


def _parts_of(by: By) -> Callable[[Activity.Day], Iterator[tuple[By, str, Part]]]:
    return lambda day: ((by, id_, part) for id_, part in day.breakdown.entities.items())


@dataclass(frozen=True, slots=True)
class _Source:
    """One of LiteLLM's daily activities, with the kinds that it has.

    `parts` yields them from a day. The days of the one with `has_total` count every call once.
    """

    name: str
    kinds: frozenset[By]
    parts: Callable[[Activity.Day], Iterable[tuple[By, str, Part]]]
    has_total: bool = False


_SOURCES = (
    _Source("user", frozenset({By.KEY, By.MODEL}), _parts_of_key, has_total=True),
    _Source("tag", frozenset({By.APP, By.TAG}), _parts_of_tag),
    _Source("customer", frozenset({By.USER}), _parts_of(By.USER)),
    _Source("team", frozenset({By.TEAM}), _parts_of(By.TEAM)),
)


def _kinds_of(call: SpendLogs.Call) -> Iterator[tuple[By, str]]:
    """Yield what a call of the spend log counts for."""
    for by, id_ in (
        (By.KEY, call.api_key),
        (By.MODEL, call.model_group),
        (By.USER, call.end_user),
        (By.TEAM, call.team_id),
    ):
        if id_:
            yield by, id_
    for tag in call.request_tags or ():
        yield from _counted_tag(tag)


@dataclass(slots=True)
class _Found:
    """Sums by day and by kind, and notes for people."""

    days: dict[date, Amount] = field(default_factory=lambda: defaultdict(Amount))
    sums: dict[By, _Sums] = field(default_factory=lambda: defaultdict(_Sums))
    notes: list[str] = field(default_factory=list)

    def add_day(self, source: _Source, day: Activity.Day) -> None:
        if source.has_total:
            self.days[day.date] += _amount(day.metrics)
        for by, id_, part in source.parts(day):
            # A call that was rejected at once has no model.
            if id_:
                self.sums[by].add(id_, _amount(part.metrics), _name_of(part))

    def add_log(self, pages: Iterable[SpendLogs], missing: set[By], wanted: set[By]) -> None:
        """Add the calls of the spend log for the kinds that are missing, and a note."""
        has_total = By.KEY not in missing
        count = total_pages = 0
        for page in pages:
            total_pages = page.total_pages
            count += len(page.data)
            for call in page.data:
                amount = _amount_of(call)
                if not has_total:
                    self.days[call.startTime.date()] += amount
                for by, id_ in _kinds_of(call):
                    if by in missing:
                        self.sums[by].add(id_, amount)
        names = ", ".join(by.value for by in By if by in missing & wanted)
        note = f"By {names}: from LiteLLM's spend log, {count} calls"
        if total_pages > MAX_LOG_PAGES:
            note += f", the newest {MAX_LOG_PAGES} of {total_pages} pages: choose fewer days to have all"
        self.notes.append(f"{note}.")


def _name_of(part: Part) -> str:
    names = (part.metadata.get(name) for name in _ALIASES)
    return next((str(name) for name in names if name), "")


def _amount(metrics: Metrics) -> Amount:
    return Amount(
        Decimal(repr(metrics.spend)),
        metrics.api_requests,
        metrics.failed_requests,
        metrics.prompt_tokens,
        metrics.completion_tokens,
    )


def _amount_of(call: SpendLogs.Call) -> Amount:
    return Amount(
        Decimal(repr(call.spend or 0.0)),
        1,
        int(call.status == _FAILURE),
        call.prompt_tokens or 0,
        call.completion_tokens or 0,
    )


def _rows(by: By, sums: _Sums) -> list[Row]:
    rows = [
        Row(by, _short(id_), sums.names.get(id_, ""), amount)
        for id_, amount in sums.amounts.items()
    ]
    return sorted(rows, key=lambda row: (-row.amount.cost, -row.amount.calls, row.id))


def _short(id_: str) -> str:
    """Return an id; of a key's hash only the start."""
    return id_[:_HASH_CHARACTERS] if _HASH.fullmatch(id_) else id_
