"""What `inspect` says of the key, and what `inspect` and `sync` say of deprecated models."""

from datetime import UTC, datetime
from typing import Any

import pytest

from admin.dify.plan import Workspace, plan_of
from admin.litellm.deprecations import deprecated_soon, deprecation_warning
from admin.litellm.key_report import key_report
from admin.litellm.management import Management
from admin.litellm.responses import Deprecations
from harness.upstream import Reply, Upstream, json_reply
from litellm_proxy.settings import ProxySettings
from tests.admin.litellm import NOT_FOUND, error

NOW = datetime(2026, 12, 1, tzinfo=UTC)
KEY = {
    "key_alias": "dify", "spend": 25.8, "max_budget": 100.0, "budget_reset_at": "2026-12-15T00:00:00+00:00",
    "expires": "2026-12-31T12:00:00Z", "rpm_limit": 300, "blocked": True, "team_id": "t-1",
}  # fmt: skip
OLD = {"model_name": "gpt-4", "deprecation_date": "2026-12-11", "days_until_deprecation": 10}
GONE = {"model_name": "gpt-3", "deprecation_date": "2026-01-01", "days_until_deprecation": -300,
        "successor_model": "gpt-5"}  # fmt: skip
LATER = {"model_name": "gpt-4o", "deprecation_date": "2027-12-11", "days_until_deprecation": 375}
DEPRECATIONS = {"deprecated": [GONE], "imminent": [OLD], "upcoming": [LATER]}


class Proxy(Upstream):
    def __init__(self, key: Reply, deprecations: Reply) -> None:
        super().__init__()
        self._by_path = {"/key/info": key, "/v1/model/deprecations": deprecations}

    def reply_to(self, asked: Any) -> Reply:
        return self._by_path[asked.path]


def management(proxy: Proxy) -> Management:
    return Management(ProxySettings(proxy.url, "sk-of-the-tests"))


def test_expiry_budget_and_limits_of_the_key() -> None:
    with Proxy(json_reply({"key": "h", "info": KEY}), json_reply(DEPRECATIONS)) as proxy:
        report = key_report(management(proxy), {"gpt-4", "gpt-4o"}, NOW)
    assert report.key == {
        "alias": "dify",
        "team": "t-1",
        "blocked": "yes: LiteLLM rejects every call with this key",
        "expires": "2026-12-31 12:00 UTC (in 30 days)",
        "spent": "25.8000 USD",
        "budget left": "74.2000 of 100 USD",
        "budget resets": "2026-12-15 00:00 UTC (in 14 days)",
        "requests a minute": "300",
    }
    assert [each.model_name for each in report.deprecated] == ["gpt-4", "gpt-4o"]
    assert report.to_json()["deprecated"][0]["apps"] is None


def test_what_is_not_set_is_left_out() -> None:
    with Proxy(json_reply({"info": {"spend": 0.0}}), json_reply({})) as proxy:
        report = key_report(management(proxy), (), NOW)
    assert report.key == {"spent": "0.0000 USD"}
    assert list(report.lines()) == []


def test_what_cannot_be_read_is_quoted() -> None:
    with Proxy(error(404, NOT_FOUND), error(401, "Only proxy admin")) as proxy:
        report = key_report(management(proxy), (), NOW)
        assert deprecated_soon(management(proxy)) == ()
    assert list(report.lines()) == [
        f'Budget and limits of the key are unknown: LiteLLM answered 404: "{NOT_FOUND}"',
        'Deprecated models are unknown: LiteLLM answered 401: "Only proxy admin"',
    ]


def test_a_warning_has_day_successor_and_apps() -> None:
    gone, old = (Deprecations.Model.model_validate(each) for each in (GONE, OLD))
    assert deprecation_warning(old, None) == (
        "gpt-4: deprecated by its provider from 2026-12-11 on (in 10 days)."
    )
    assert deprecation_warning(old, ["Support", "Sales"]).endswith("Used by Support, Sales.")
    assert deprecation_warning(gone, []) == (
        "gpt-3: deprecated by its provider from 2026-01-01 on (already); its successor is gpt-5. No app uses it."
    )


def test_sync_warns_of_models_that_are_deprecated_within_30_days() -> None:
    with Proxy(error(404, ""), json_reply(DEPRECATIONS)) as proxy:
        soon = deprecated_soon(management(proxy))
    assert [each.model_name for each in soon] == ["gpt-3", "gpt-4"]
    apps = [("Support", {"gpt-4"}), ("Sales", {"gpt-4o"}), ("Odd", None)]
    entities: dict[tuple[str, str], dict[str, Any]] = {("llm", "gpt-4"): {}, ("llm", "gpt-4o"): {}}
    plan = plan_of("wanted", entities, Workspace(None, None, apps), deprecated=soon)
    assert plan.deprecated_in_use == {"gpt-4": ("Support", "Odd")}
    assert [each["model_name"] for each in plan.to_json()["deprecated"]] == ["gpt-4"]


def test_the_apps_are_not_read_without_need() -> None:
    def apps() -> Any:
        pytest.fail("the apps were read")
        yield

    assert plan_of("wanted", {}, Workspace(None, None, apps())).deprecated == ()
