"""`python -m admin sync` against a real LiteLLM and a stand-in for Dify's console API."""

import base64
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from admin.__main__ import main
from admin.catalogue import reading
from admin.dify import apply
from admin.proxy_models import ProxyModels, read_models
from harness.upstream import Asked, Reply, json_reply
from litellm_proxy.errors import ProxyRejected
from litellm_proxy.plugin_version import VERSION
from tests.support.environment import Environment
from tests.sync.console import (
    ADMIN_KEY,
    AWAY,
    EMAIL,
    PASSWORD,
    PROVIDER,
    WORKSPACE,
    Console,
    Installed,
    files_of,
    refusal,
)
from translation.form.settings import parse_settings

pytestmark = pytest.mark.slow

IN_STEP, WOULD_CHANGE, FAILED, REFUSED = range(4)
type Sync = Callable[..., int]


@pytest.fixture
def dify() -> Iterator[Console]:
    with Console() as console:
        yield console


@pytest.fixture(scope="module")
def models_of_the_proxy(env: Environment) -> ProxyModels:
    """What the real proxy tells of its models, asked once for all of these tests."""
    return read_models(parse_settings("", env.credentials))


@pytest.fixture
def sync(
    env: Environment,
    dify: Console,
    models_of_the_proxy: ProxyModels,
    monkeypatch: pytest.MonkeyPatch,
) -> Sync:
    monkeypatch.setattr(reading, "read_models", lambda _: models_of_the_proxy)
    for name, value in {
        "DIFY_URL": dify.url, "DIFY_ADMIN_KEY": ADMIN_KEY, "DIFY_WORKSPACE": WORKSPACE,
        "LITELLM_API_KEY": env.credentials["api_key"],
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(apply, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(apply, "INSTALL_SECONDS", 1.0)
    monkeypatch.setattr(apply, "LISTED_SECONDS", 1.0)

    def run(*options: str, models: str = "described,gpt-4") -> int:
        return main(["sync", "--base-url", env.proxy_url, "--include", models, *options])

    return run


def app(model: str, provider: str = PROVIDER) -> str:
    return f"app: {{name: one}}\nworkflow:\n  nodes:\n  - data:\n      model: {{provider: {provider}, name: {model}}}\n"


def test_what_would_change_is_told_and_nothing_is_changed(
    sync: Sync, dify: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sync() == WOULD_CHANGE
    assert dify.changed == []
    assert dify.packages == {}
    told = capsys.readouterr().out
    for words in ("described", "gpt-4", "not installed", "no key in Dify yet", "--apply does it"):
        assert words in told


def test_from_nothing_to_in_step_and_then_nothing_more(
    sync: Sync, dify: Console, env: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sync("--apply") == IN_STEP
    assert dify.changed == ["install", "key"]
    assert dify.key
    assert dify.key["base_url"] == env.proxy_url
    assert dify.key["api_key"] == env.credentials["api_key"]
    assert [row["model"] for row in dify._models()] == ["described", "gpt-4"]
    capsys.readouterr()
    for options in ([], ["--apply"]):
        assert sync(*options) == IN_STEP
        told = capsys.readouterr()
        assert told.out.startswith("In step: 2 models")
        assert told.out.count("\n") == 1
    assert dify.changed == ["install", "key"]


def test_a_change_on_the_proxy_is_an_upgrade_in_place(sync: Sync, dify: Console) -> None:
    sync("--apply")
    assert sync("--apply", models="described,gpt-4,team/chat:latest") == IN_STEP
    assert dify.changed == ["install", "key", "upgrade"]


def test_a_model_that_apps_use_goes_only_when_told_to(
    sync: Sync, dify: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    dify.apps = [("Greeter", app("gpt-4")), ("Other", app("gpt-4", "openai"))]
    dify.bases = [{"name": "Manuals", "embedding_model": "gpt-4", "embedding_model_provider": PROVIDER},
                  {"name": "Plain", "embedding_model": None, "embedding_model_provider": None}]  # fmt: skip
    sync("--apply")
    assert sync("--apply", models="described") == REFUSED
    assert dify.changed == ["install", "key"]
    told = capsys.readouterr().out
    assert "gpt-4 goes, and is used by Greeter, Manuals (knowledge)" in told
    assert "Other" not in told
    assert sync("--apply", "--remove-used", models="described") == IN_STEP
    assert dify.changed[-1] == "upgrade"


def test_an_app_that_cannot_be_read_may_use_any_model(
    sync: Sync, dify: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    dify.apps = [("Broken", "a: [")]
    sync("--apply")
    assert sync("--apply", models="described") == REFUSED
    assert "gpt-4 goes, and is used by Broken (which cannot be read)" in capsys.readouterr().out
    assert dify.changed == ["install", "key"]


def test_models_of_one_name_are_told(
    sync: Sync, dify: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    dify.custom = [{"model": "gpt-4", "model_type": "llm"}, {"model": "mine", "model_type": "llm"}]
    dify.forms = {"gpt-4": {"base_url": "http://elsewhere"}}
    dify.apps = [("Greeter", app("gpt-4"))]
    sync("--apply")
    sync("--json")
    told = capsys.readouterr().out
    assert json.loads(told[told.index("{") :])["pairs"] == [
        {"kind": "llm", "model": "gpt-4", "own": ["Base URL", "API Key"]}
    ]
    # Apps go on with the one that was added by hand.
    assert sync("--apply", models="described") == IN_STEP


OWN = {"settings": "custom", "tags": "team-a", "context_size": "100"}
HIDDEN = {"settings": "automatic", "tags": "team-a", "vision": "auto", "facts": "{}"}


@pytest.mark.parametrize(
    ("form", "own"),
    [
        ({}, []),
        (HIDDEN, []),
        ({"settings": "custom", "end_user": "raw", "drop_params": "no"}, []),
        (OWN, ["Context Length", "Tags"]),
        ({"vision": "no"}, ["Vision"]),
        ({"api_key": "sk-of-another-team"}, ["API Key"]),
    ],
)
def test_models_added_by_hand_that_say_nothing_of_their_own_can_go(
    sync: Sync,
    dify: Console,
    env: Environment,
    form: dict[str, str],
    own: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    sync("--apply")
    dify.custom = [{"model": "gpt-4", "model_type": "llm"}]
    key = env.credentials["api_key"]
    dify.forms = {"gpt-4": {"base_url": f"{env.proxy_url}/v1/", "api_key": key, **form}}
    capsys.readouterr()
    assert sync() == IN_STEP
    told = capsys.readouterr().out
    assert ("--adopt removes it" in told) is (not own)
    assert ", ".join(own) in told
    assert sync("--adopt") == (IN_STEP if own else WOULD_CHANGE)
    assert dify.changed == ["install", "key"]
    assert sync("--adopt", "--apply") == IN_STEP
    assert dify.changed[2:] == ([] if own else ["remove gpt-4"])
    capsys.readouterr()
    assert sync("--adopt", "--apply") == IN_STEP
    assert ("was added by hand" in capsys.readouterr().out) is bool(own)


def test_an_adopted_model_that_apps_use_goes_only_when_told_to(
    sync: Sync, dify: Console, env: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    sync("--apply")
    dify.custom = [{"model": "gpt-4", "model_type": "llm"}]
    dify.forms = {"gpt-4": {"base_url": env.proxy_url, "api_key": env.credentials["api_key"]}}
    dify.apps = [("Greeter", app("gpt-4"))]
    assert sync("--adopt", "--apply") == IN_STEP
    assert sync("--apply", models="described") == REFUSED
    assert main(["upgrade", "--apply"]) == REFUSED
    assert capsys.readouterr().out.count("gpt-4 goes, and is used by Greeter") == 2


def test_a_first_sync_can_adopt_too(sync: Sync, dify: Console, env: Environment) -> None:
    sync("--apply")
    dify.installed = dify.seen = Installed("old", "github", [])
    dify.key = None
    dify.custom = [{"model": "gpt-4", "model_type": "llm"}]
    dify.forms = {"gpt-4": {"base_url": env.proxy_url, "api_key": env.credentials["api_key"]}}
    assert sync("--adopt", "--apply") == IN_STEP
    assert dify.changed[2:] == ["upgrade", "key", "remove gpt-4"]


def test_the_plugins_page_gets_the_version(sync: Sync, dify: Console) -> None:
    sync("--apply")
    version = dify.meta["version"]
    assert version.startswith(f"{VERSION}-")
    assert (dify.meta["repo"], dify.meta["package"]) == ("", "")
    sync("--apply", models="described")
    assert dify.meta["version"].startswith(f"{VERSION}-")
    assert dify.meta["version"] != version


def test_json_tells_all(sync: Sync, dify: Console, capsys: pytest.CaptureFixture[str]) -> None:
    assert sync("--json") == WOULD_CHANGE
    told = json.loads(capsys.readouterr().out)
    assert (told["step"], told["installed"], told["applied"]) == ("install", None, False)
    assert {change["model"] for change in told["changes"]} == {"described", "gpt-4"}
    assert sync("--json", "--apply") == IN_STEP
    assert json.loads(capsys.readouterr().out)["applied"] is True
    assert dify.installed
    assert dify.installed.identifier == told["wanted"]


def test_json_stays_json_where_a_route_of_the_proxy_refuses(
    sync: Sync,
    models_of_the_proxy: ProxyModels,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    refused = {"/v1/model/info": ProxyRejected(status=403, message="Not for this key")}
    poorer = replace(models_of_the_proxy, failed=refused)
    monkeypatch.setattr(reading, "read_models", lambda _: poorer)
    assert sync("--json") == WOULD_CHANGE
    told = capsys.readouterr()
    assert json.loads(told.out)["step"] == "install"
    assert "so less is known" in " ".join(told.err.split())


def test_an_answer_that_cannot_be_unpacked_is_a_sentence(
    sync: Sync, dify: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    dify.faults = {"/plugin/list": Reply([b"no gzip"], headers={"content-encoding": "gzip"})}
    assert sync("--apply") == FAILED
    assert "Dify cannot be reached" in capsys.readouterr().err


@pytest.mark.parametrize(("version", "options", "status"),
    [("1.10.1", [], FAILED), ("1.10.1", ["--any-release"], IN_STEP), ("2.0.0", [], IN_STEP),
     ("main", [], IN_STEP), ("1.17.0", [], IN_STEP)])  # fmt: skip
def test_an_old_release_stops_it_before_anything_and_a_new_one_is_a_warning(
    sync: Sync, dify: Console, version: str, options: list[str], status: int,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    dify.version = version
    assert sync("--apply", *options) == status
    assert bool(dify.packages) is (status == IN_STEP)
    assert ("known are 1.11 to 1.17" in capsys.readouterr().err) is (
        version in {"1.10.1", "2.0.0", "main"} and not options
    )


def test_a_busy_dify_that_remembers_the_providers_from_before(
    sync: Sync, dify: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    """Chats fill Dify's cache of providers during the installation, from the list before."""
    assert main(["upgrade", "--apply"]) == IN_STEP
    dify.slow_polls = 3
    for models in ("described,gpt-4", "described", "described,gpt-4,known-o3"):
        dify.polls = 0
        assert sync("--apply", models=models) == IN_STEP, capsys.readouterr().err
        assert dify.polls > dify.slow_polls
        assert sync(models=models) == IN_STEP
    assert main(["upgrade", "--apply", "--remove-used"]) == IN_STEP
    assert main(["upgrade"]) == IN_STEP
    assert dify.seen is dify.installed


def test_a_feature_that_dify_derives_is_no_change(sync: Sync, dify: Console) -> None:
    sync("--apply")
    assert dify.installed
    for model in dify.installed.models:
        if model["model_type"] == "llm":
            model["features"] = sorted({*model["features"], "structured-output"})
    assert sync() == IN_STEP


def test_a_package_that_dify_would_not_take_is_not_uploaded(
    sync: Sync, dify: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    dify.max_bytes = 1000
    assert sync("--apply") == FAILED
    assert dify.packages == {}
    assert "PLUGIN_MAX_PACKAGE_SIZE" in capsys.readouterr().err


def test_a_daemon_that_cannot_upgrade_in_place_is_told_to_replace(
    sync: Sync, dify: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    dify.old_daemon, dify.key = True, {"api_key": "k"}
    dify.installed = Installed("litellm-community/litellm:0.0.9@00", "package", [])
    assert sync("--apply") == FAILED
    assert dify.changed == []
    assert "--replace" in capsys.readouterr().err
    assert sync("--apply", "--replace") == IN_STEP
    assert dify.changed == ["uninstall", "install", "key"]


def test_a_version_that_does_not_start_is_told_with_its_reason(
    sync: Sync, dify: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    sync("--apply")
    dify.does_not_start = True
    assert sync("--apply", models="described") == FAILED
    told = capsys.readouterr().err
    assert "the version before keeps serving: failed to install dependencies: no wheels" in told


def test_an_account_logs_in_once_and_a_refused_password_is_not_tried_again(
    sync: Sync, dify: Console, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DIFY_ADMIN_KEY")
    monkeypatch.setenv("DIFY_EMAIL", EMAIL)
    monkeypatch.setenv("DIFY_PASSWORD", PASSWORD)
    assert sync("--apply") == IN_STEP
    assert dify.logins == 1
    monkeypatch.setenv("DIFY_PASSWORD", "wrong-password")
    assert sync() == FAILED
    assert dify.logins == 2
    told = capsys.readouterr()
    assert "authentication_failed" in told.err
    assert "wrong-password" not in told.out + told.err


def test_nobody_to_ask_as(sync: Sync, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIFY_WORKSPACE", "")
    assert sync() == FAILED
    monkeypatch.delenv("DIFY_ADMIN_KEY")
    assert sync() == FAILED


STEPS = ["/system-features", "/plugin/list", "/model-providers", "/upload/pkg", "/install/github",
         "/credentials", "/models"]  # fmt: skip
FAULTS = {
    "500": refusal(500, "unknown", "Internal Server Error"),
    "403": refusal(403, "forbidden", "You don't have the permission."),
    "away": AWAY,
    "other": json_reply({"something": "else"}),
    "page": Reply([b"<html>Bad Gateway</html>"], 502, "text/html"),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_at_each_step_ends_in_a_sentence_and_the_next_run_in_step(
    sync: Sync, dify: Console, step: str, fault: str, env: Environment,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    dify.faults = {step: FAULTS[fault]}
    status = sync("--apply")
    told = capsys.readouterr()
    if fault == "other" and step == "/credentials":
        # What Dify says to a saved form is not read: only whether the models are there then.
        assert status == FAILED
        assert "does not list" in told.err
    assert status == FAILED
    assert "Traceback" not in told.err
    assert told.err.strip().endswith(".")
    for secret in (ADMIN_KEY, env.credentials["api_key"]):
        assert secret not in told.out + told.err
    dify.faults = {}
    assert sync("--apply") == IN_STEP
    assert dify.installed
    assert dify.key
    assert len(dify.changed) == len(set(dify.changed))


@pytest.mark.parametrize("step", ["/apps", "/datasets", "/export"])
@pytest.mark.parametrize("fault", FAULTS)
def test_without_knowing_what_apps_use_no_model_goes(
    sync: Sync, dify: Console, step: str, fault: str
) -> None:
    dify.apps = [("Greeter", app("described"))]
    sync("--apply")
    dify.faults = {step: FAULTS[fault]}
    assert sync("--apply", models="described") == FAILED
    assert dify.changed == ["install", "key"]


def test_the_plain_plugin_is_installed_and_upgraded_by_the_same_way(
    sync: Sync, dify: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    dify.key = {"api_key": "kept"}
    assert main(["upgrade"]) == WOULD_CHANGE
    assert dify.changed == []
    assert main(["upgrade", "--apply"]) == IN_STEP
    assert main(["upgrade", "--apply"]) == IN_STEP
    assert dify.changed == ["install"]
    assert "In step: the plain plugin" in capsys.readouterr().out
    # From a catalogue that an app uses, only when told to.
    sync("--apply")
    dify.apps = [("Greeter", app("gpt-4"))]
    assert main(["upgrade", "--apply"]) == REFUSED


def test_a_task_that_is_forgotten_says_nothing(sync: Sync, dify: Console) -> None:
    dify.faults = {"/tasks/": FAULTS["500"]}
    assert sync("--apply") == IN_STEP


def test_two_at_once_do_no_harm(sync: Sync, dify: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = dify._upload

    def and_another_installs(asked: Asked) -> Reply:
        reply = upload(asked)
        dify._install(next(iter(dify.packages)), "by the other")
        return reply

    monkeypatch.setattr(dify, "_upload", and_another_installs)
    assert sync("--apply") == IN_STEP
    assert dify.changed == ["by the other", "key"]


def test_somebody_elses_change_meanwhile_is_not_undone(
    sync: Sync, dify: Console, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    upload = dify._upload

    def and_somebody_installs(asked: Asked) -> Reply:
        dify.installed = Installed("litellm-community/litellm:9.9.9@ff", "github", [])
        return upload(asked)

    monkeypatch.setattr(dify, "_upload", and_somebody_installs)
    assert sync("--apply") == FAILED
    assert dify.changed == []
    assert "Run sync again" in capsys.readouterr().err


def test_a_signed_package_verifies_as_the_daemon_verifies_it(
    sync: Sync, dify: Console, tmp_path: Path
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    file = tmp_path / "key.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    assert sync("--apply", "--sign-key", str(file)) == IN_STEP
    (package,) = dify.packages.values()
    with zipfile.ZipFile(BytesIO(package)) as archive:
        comment = json.loads(archive.comment)
        hashes = b"".join(sha256(archive.read(name)).digest() for name in archive.namelist())
    signature = base64.b64decode(comment["signature"])
    told = hashes + str(comment["time"]).encode()
    key.public_key().verify(signature, told, padding.PKCS1v15(), SHA256())
    assert ".verification.dify.json" in files_of(package)
    file.write_text("no key")
    assert sync("--sign-key", str(file)) == FAILED


def test_an_interruption_is_a_sentence(
    sync: Sync, dify: Console, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: Asked) -> Reply:
        raise KeyboardInterrupt

    monkeypatch.setattr("admin.dify.apply._wait_for", interrupted)
    monkeypatch.setattr("admin.dify.apply._install", lambda *_, **__: interrupted(None))  # type: ignore[arg-type]
    assert sync("--apply") == 130
    assert "Interrupted. Run it again" in capsys.readouterr().err
