"""`python -m admin spend`: who spent what."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from admin.__main__ import main
from harness.upstream import json_reply
from tests.admin.litellm import LiteLLM, error, part
from tests.sync.console import AWAY, Console
from translation.request.options import hashed_user

DONE, PARTLY, FAILED = range(3)
APP, ACCOUNT, OTHER = "9f1c0000-app", "1e5c0000-account", "77aa0000-account"
HASH = "8a6f9e75c1304f5e" * 4
NO_USER = "Service-account keys cannot query user analytics. Use a user-bound key, or call as a proxy admin."
ACTIVITIES = ("/user/daily", "/tag/daily", "/customer/daily", "/team/daily")


def day(date: str, metrics: dict[str, Any], **breakdown: dict[str, Any]) -> dict[str, Any]:
    return {"date": date, "metrics": metrics["metrics"], "breakdown": breakdown}


def page(*days: dict[str, Any], has_more: bool = False) -> dict[str, Any]:
    return {"results": list(days), "metadata": {"has_more": has_more}}


def call(**fields: Any) -> dict[str, Any]:
    return {"startTime": "2026-11-03T10:00:00.000+00:00", "api_key": HASH, "spend": 0.5, "prompt_tokens": 3,
            "completion_tokens": 4, "model_group": "gpt-4o", "status": "success", **fields}  # fmt: skip


@pytest.fixture(autouse=True)
def activity(litellm: LiteLLM, dify: Console) -> None:
    dify.apps = [("Support", "")]
    dify.accounts = [
        {"id": ACCOUNT, "name": "Alice", "email": "alice@example.org"},
        {"id": OTHER, "name": "Bob", "email": "bob@example.org"},
    ]
    models = {"gpt-4o": part(3, 3), "=cmd()": part(1, 1), "": part(0, 1)}
    keys = {HASH: part(4, 4, key_alias="marketing")}
    litellm.pages = {
        "/user/daily/activity": [
            page(day("2026-11-03", part(4, 5), model_groups=models, api_keys=keys), has_more=True),
            page(day("2026-11-03", part(1, 1), model_groups={"gpt-4o": part(1, 1)}, api_keys={HASH: part(1, 1)}),
                 day("2026-11-05", part(2, 2))),
        ],
        "/tag/daily/activity": [page(day("2026-11-03", part(99, 99), entities={
            "dify-app:0": part(2.5, 2), "dify-app:gone": part(1, 1), "cost-centre:1": part(4, 4),
            "User-Agent: x": part(5, 5),
        }))],
        "/customer/daily/activity": [page(day("2026-11-03", part(4, 4), entities={
            ACCOUNT: part(1, 1), hashed_user(OTHER): part(2, 2), "visitor": part(1, 1, alias="A <visitor>"),
        }))],
        "/team/daily/activity": [page(day("2026-11-03", part(4, 4), entities={
            "t-1": part(3, 3, team_alias="Marketing"), "Unassigned": part(1, 1),
        }))],
        "/spend/logs/v2": [{"data": [
            call(end_user=ACCOUNT, team_id="t-1", request_tags=["dify-app:0", "User-Agent: x", "a"]),
            call(end_user="", team_id=None, request_tags=None, status="failure", spend=None),
        ], "total_pages": 1}],
    }  # fmt: skip


def spend(litellm: LiteLLM, *options: str) -> int:
    return main(["spend", litellm.url, "--from", "2026-11-01", "--to", "2026-11-30", *options])


def told(
    litellm: LiteLLM, capsys: pytest.CaptureFixture[str], *options: str, status: int = DONE
) -> Any:
    assert spend(litellm, "--json", *options) == status
    return json.loads(capsys.readouterr().out)


def rows(report: Any, by: str) -> dict[str, tuple[str, float, int]]:
    return {
        row["id"]: (row["name"], float(row["cost_usd"]), row["calls"])
        for row in report["rows"]
        if row["by"] == by
    }


def test_every_kind_with_names(litellm: LiteLLM, capsys: pytest.CaptureFixture[str]) -> None:
    report = told(litellm, capsys)
    assert rows(report, "app") == {"0": ("Support", 2.5, 2), "gone": ("", 1, 1)}
    assert rows(report, "user") == {
        hashed_user(OTHER): ("Bob", 2, 2), ACCOUNT: ("Alice", 1, 1), "visitor": ("A <visitor>", 1, 1),
    }  # fmt: skip
    assert rows(report, "team") == {"t-1": ("Marketing", 3, 3), "Unassigned": ("", 1, 1)}
    assert rows(report, "key") == {HASH[:12]: ("marketing", 5, 5)}
    assert rows(report, "model") == {"gpt-4o": ("", 4, 4), "=cmd()": ("", 1, 1)}
    assert rows(report, "tag") == {"cost-centre:1": ("", 4, 4)}
    assert report["total"] == {
        "cost_usd": "7.0", "calls": 8, "failed": 0, "prompt_tokens": 80, "completion_tokens": 160
    }  # fmt: skip
    assert list(report["days"]) == ["2026-11-03", "2026-11-05"]
    assert HASH not in json.dumps(report)


def test_a_table_for_people(litellm: LiteLLM, capsys: pytest.CaptureFixture[str]) -> None:
    assert spend(litellm, "--by", "app,user", "--emails") == DONE
    out = capsys.readouterr().out
    for words in (
        "Support (0)",
        f"alice@example.org ({ACCOUNT})",
        "2026-11-01 to 2026-11-30: 7.0000 USD, 8 calls",
    ):
        assert words in out
    assert "gpt-4o" not in out


def test_without_dify_there_are_ids(
    litellm: LiteLLM, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DIFY_URL")
    assert rows(told(litellm, capsys), "app")["0"][0] == ""


def test_files(litellm: LiteLLM, tmp_path: Path) -> None:
    files = {name: tmp_path / f"spend.{name}" for name in ("csv", "html")}
    assert spend(litellm, "--csv", str(files["csv"]), "--html", str(files["html"])) == DONE
    table = list(csv.DictReader(files["csv"].read_text().splitlines()))
    assert {row["id"] for row in table if row["by"] == "model"} == {"gpt-4o", "'=cmd()"}
    html = files["html"].read_text()
    assert "A &lt;visitor&gt;" in html
    assert "<visitor>" not in html
    assert not re.search(r"<script|https?://|url\(|@import", html)
    assert html.count("<rect") == 30
    for words in ("Support", "Marketing", "7.0000"):
        assert words in html


@pytest.mark.parametrize("rejected", ACTIVITIES)
def test_what_an_activity_rejects_is_in_the_spend_log(
    litellm: LiteLLM, capsys: pytest.CaptureFixture[str], rejected: str
) -> None:
    litellm.faults[rejected] = json_reply({"detail": {"error": NO_USER}}, 403)
    report = told(litellm, capsys)
    kinds = {
        "/user/daily": {"key": {HASH[:12]: ("", 0.5, 2)}, "model": {"gpt-4o": ("", 0.5, 2)}},
        "/tag/daily": {"app": {"0": ("Support", 0.5, 1)}, "tag": {"a": ("", 0.5, 1)}},
        "/customer/daily": {"user": {ACCOUNT: ("Alice", 0.5, 1)}},
        "/team/daily": {"team": {"t-1": ("", 0.5, 1)}},
    }[rejected]
    assert {by: rows(report, by) for by in kinds} == kinds
    assert "from LiteLLM's spend log, 2 calls" in report["notes"][0]
    assert report["total"]["calls"] == (2 if rejected == "/user/daily" else 8)


def test_the_spend_log_has_a_bound(litellm: LiteLLM, capsys: pytest.CaptureFixture[str]) -> None:
    litellm.faults["/team/daily"] = error(404, "Not Found")
    litellm.pages["/spend/logs/v2"] = [{"data": [call(team_id="t-1")], "total_pages": 21}] * 21
    report = told(litellm, capsys, "--by", "team")
    assert rows(report, "team") == {"t-1": ("", 10, 20)}
    assert "the newest 20 of 21 pages: choose fewer days to have all" in report["notes"][0]


def test_what_cannot_be_read_is_named(litellm: LiteLLM, capsys: pytest.CaptureFixture[str]) -> None:
    litellm.faults = {
        "/team/daily": error(404, "Not Found"),
        "/spend/logs": error(401, "Only proxy admin"),
    }
    assert spend(litellm, "--by", "team,model") == PARTLY
    out = capsys.readouterr().out
    assert 'By team: not read, LiteLLM answered 404: "Not Found"' in out
    assert "gpt-4o" in out


def test_a_key_that_may_read_nothing(litellm: LiteLLM, capsys: pytest.CaptureFixture[str]) -> None:
    refused = json_reply({"detail": {"error": NO_USER}}, 403)
    litellm.faults = dict.fromkeys((*ACTIVITIES, "/spend/logs"), refused)
    assert spend(litellm) == FAILED
    assert "Service-account keys cannot query user analytics" in capsys.readouterr().err


@pytest.mark.parametrize("where", ["dify", "litellm"])
def test_nobody_there(
    litellm: LiteLLM, dify: Console, capsys: pytest.CaptureFixture[str], where: str
) -> None:
    if where == "dify":
        dify.faults["system-features"] = AWAY
    else:
        litellm.faults["daily"] = AWAY
    assert spend(litellm) == FAILED
    err = capsys.readouterr().err
    assert (dify.url if where == "dify" else litellm.url) in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--from=yesterday", "is no day, such as 2026-11-30"),
        ("--by=apps", "must name some of app, user, team, key, model, tag"),
        ("--from=2026-12-01", "--from 2026-12-01 is after --to 2026-11-30."),
    ],
)
def test_wrong_options(
    litellm: LiteLLM, capsys: pytest.CaptureFixture[str], option: str, words: str
) -> None:
    try:
        status = spend(litellm, option)
    except SystemExit as end:
        status = int(str(end.code))
    assert status == FAILED
    assert words in capsys.readouterr().err


def test_an_answer_that_is_not_known(litellm: LiteLLM, capsys: pytest.CaptureFixture[str]) -> None:
    litellm.pages["/user/daily/activity"] = [{"results": [{"date": "soon"}]}]
    assert spend(litellm) == FAILED
    assert "Traceback" not in capsys.readouterr().err
