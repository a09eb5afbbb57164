"""What stands in examples/ is what its readers can use."""

import argparse
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from admin import sync
from admin.package import packed_files
from harness.litellm_proxy_process import litellm_proxy
from harness.upstream import Upstream, json_reply
from tests.sync.console import ADMIN_KEY, WORKSPACE, Console

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
DOCKERFILE = (EXAMPLES / "sync/Dockerfile").read_text()
IGNORED = (ROOT / ".dockerignore").read_text().splitlines()
OPERATORS = (ROOT / "docs/operators.md").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((EXAMPLES / "compose.yaml").read_text())
KUBERNETES: list[dict[str, Any]] = list(
    yaml.safe_load_all((EXAMPLES / "kubernetes.yaml").read_text())
)
ENV = dict(re.findall(r"^([A-Z_]+)=(.*)$", (EXAMPLES / "env.example").read_text(), re.MULTILINE))
_VARIABLE = re.compile(r"\$\{([A-Z_]+)")
_OF_A_FILE = re.compile(r"os\.environ/([A-Z_]+)")


def test_every_variable_of_compose_is_in_the_example_of_its_environment() -> None:
    assert set(_VARIABLE.findall((EXAMPLES / "compose.yaml").read_text())) == set(ENV)


def test_no_secret_is_in_the_examples() -> None:
    for name, value in ENV.items():
        if name.endswith(("KEY", "PASSWORD")):
            assert value == ""


@pytest.mark.parametrize("service", COMPOSE["services"])
def test_a_service_of_compose(service: str) -> None:
    told = COMPOSE["services"][service]
    assert ("image" in told) is not ("build" in told)
    assert told["restart"] == "unless-stopped"
    for volume in told.get("volumes", ()):
        source = volume.partition(":")[0]
        assert source in COMPOSE["volumes"] or (EXAMPLES / source).is_file()
    for needed in told.get("depends_on", {}):
        assert "healthcheck" in COMPOSE["services"][needed]
    for network in told.get("networks", ()):
        assert network == "default" or network in COMPOSE["networks"]
    if "build" in told:
        assert (EXAMPLES / told["build"]["context"] / told["build"]["dockerfile"]).is_file()


def test_what_kubernetes_is_told_fits_together() -> None:
    kinds = {each["kind"]: each for each in KUBERNETES}
    assert set(kinds) == {"Deployment", "Service", "CronJob"}
    pods = kinds["Deployment"]["spec"]["template"]
    assert kinds["Service"]["spec"]["selector"] == pods["metadata"]["labels"]
    assert kinds["Deployment"]["spec"]["selector"]["matchLabels"] == pods["metadata"]["labels"]
    (container,) = pods["spec"]["containers"]
    assert kinds["Service"]["spec"]["ports"][0]["targetPort"] == container["ports"][0]["name"]
    job = kinds["CronJob"]["spec"]
    assert (job["schedule"], job["concurrencyPolicy"]) == ("*/10 * * * *", "Forbid")
    for pod in pod_specs().values():
        assert secrets_of(pod) <= set(ENV)
    for each in KUBERNETES:
        assert "1.107" not in str(each)


@pytest.mark.slow
def test_the_configuration_starts_and_lists_its_models(tmp_path: Path) -> None:
    file = EXAMPLES / "litellm_gateway.yaml"
    names = set(_OF_A_FILE.findall(file.read_text()))
    assert names <= set(ENV)
    assert names <= set(COMPOSE["services"]["litellm"]["environment"])
    assert names <= secrets_of(pod_specs()["Deployment"])
    key = "sk-example-0123456789"
    env = dict.fromkeys(names, "unused") | {
        "LITELLM_MASTER_KEY": key,
        "AZURE_API_BASE": "http://127.0.0.1:9",
    }
    with litellm_proxy(file, log=tmp_path / "litellm.log", env=env) as url:
        headers = {"Authorization": f"Bearer {key}"}
        listed = httpx.get(f"{url}/v1/models", headers=headers, trust_env=False).json()["data"]
    ids = {row["id"] for row in listed}
    assert {"gpt-4o", "gpt-4o-mini", "text-embedding-3-small"} <= ids


def pod_specs() -> dict[str, Any]:
    """Return the pods of kubernetes.yaml by the kind of what starts them."""
    kinds = {each["kind"]: each["spec"] for each in KUBERNETES}
    return {
        "Deployment": kinds["Deployment"]["template"]["spec"],
        "CronJob": kinds["CronJob"]["jobTemplate"]["spec"]["template"]["spec"],
    }


def secrets_of(pod: dict[str, Any]) -> set[str]:
    """Return the variables of .env that a pod gets from the secret."""
    (container,) = pod["containers"]
    if "envFrom" in container:
        return set(ENV)
    from_secret = [each["valueFrom"] for each in container["env"] if "valueFrom" in each]
    return {each["secretKeyRef"]["key"] for each in from_secret}


def test_keys_go_only_where_they_are_needed() -> None:
    for name in ("DIFY_ADMIN_KEY", "DIFY_PASSWORD", "LITELLM_DIFY_KEY"):
        assert [kind for kind, pod in pod_specs().items() if name in secrets_of(pod)] == ["CronJob"]
        services = COMPOSE["services"].items()
        assert [each for each, told in services if name in str(told)] == ["litellm-sync"]
    assert "LITELLM_MASTER_KEY" not in secrets_of(pod_specs()["CronJob"])
    assert "LITELLM_MASTER_KEY" not in str(COMPOSE["services"]["litellm-sync"])


def test_litellm_starts_before_there_is_a_key_for_dify() -> None:
    """Compose refuses every command while a variable with `:?` is empty."""
    required = re.findall(r"\$\{([A-Z_]+):\?", (EXAMPLES / "compose.yaml").read_text())
    assert set(required) == {
        "LITELLM_TAG", "LITELLM_MASTER_KEY", "LITELLM_SALT_KEY", "LITELLM_DB_PASSWORD", "DATABASE_URL",
    }  # fmt: skip
    first = {each["kind"] for each in KUBERNETES if "app" in each["metadata"].get("labels", {})}
    assert first == {"Deployment", "Service"}
    steps = (
        "cp env.example .env", "docker compose up -d --wait litellm\n", "kubernetes.yaml -l app=litellm\n",
        "/key/generate", "`LITELLM_DIFY_KEY`. It", "docker compose run", "docker compose up -d\n", "docker build",
        "kubectl replace", "apply -f kubernetes.yaml\n",
    )  # fmt: skip
    section = OPERATORS[OPERATORS.index("## Start the examples") : OPERATORS.index("## Days")]
    places = [section.index(step) for step in steps]
    assert places == sorted(places)


def sync_commands() -> Iterator[list[str]]:
    """Yield the arguments of every `sync` in the examples and in the document that has their order."""
    yield pod_specs()["CronJob"]["containers"][0]["args"][1:]
    for text in ((EXAMPLES / "compose.yaml").read_text(), OPERATORS):
        for arguments in re.findall(r"python -m admin sync ([^;'\"\n]*)", text):
            yield shlex.split(arguments, comments=True)


def test_the_options_of_sync_exist() -> None:
    parser = argparse.ArgumentParser()
    sync.add_arguments(parser)
    commands = list(sync_commands())
    assert len(commands) >= 4
    for arguments in commands:
        assert parser.parse_args(arguments).base_url == "http://litellm:4000"


def test_the_image_that_is_built_is_the_one_that_runs() -> None:
    (container,) = pod_specs()["CronJob"]["containers"]
    version = yaml.safe_load((ROOT / "manifest.yaml").read_text())["version"]
    assert container["image"] == f"litellm-for-dify-admin:{version}"
    builds = re.findall(r"docker build .*-t (\S+)", DOCKERFILE + OPERATORS)
    assert builds == [container["image"]] * 2
    image, _, tag = pod_specs()["Deployment"]["containers"][0]["image"].rpartition(":")
    assert tag == ENV["LITELLM_TAG"]
    assert COMPOSE["services"]["litellm"]["image"].startswith(f"{image}:$")


def goes_into_the_image(name: str) -> bool:
    """Read .dockerignore as Docker does: the last line that matches a file, or a folder of it, decides."""
    goes_in = True
    for line in IGNORED:
        pattern = re.escape(line.removeprefix("!"))
        pattern = pattern.replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
        if line and not line.startswith("#") and re.fullmatch(f"{pattern}(/.*)?", name):
            goes_in = line.startswith("!")
    return goes_in


def tracked() -> list[str]:
    command = ["git", "ls-files"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_the_image_gets_the_files_that_its_commands_need_and_no_others() -> None:
    commands = {name for name in tracked() if name.startswith(("admin/", "harness/"))}
    needed = {*packed_files(), *commands, "requirements/dev.txt"}
    assert {name for name in tracked() if goes_into_the_image(name)} == needed


@pytest.mark.parametrize(
    "name",
    [
        ".env", "examples/.env", "admin/.env", ".git/config", ".venv/bin/python", "my_key.private.pem",
        "examples/my_key.private.pem", "examples/key.txt", "catalog.yaml", "dist/litellm-0.1.0.difypkg",
        "admin/__pycache__/sync.cpython-312.pyc", "tests/support/tls/key.txt",
    ],
)  # fmt: skip
def test_what_else_lies_in_the_folder_stays_out_of_the_image(name: str) -> None:
    assert not goes_into_the_image(name)


def test_the_dockerfile_copies_what_is_there_for_a_user_that_may_read_and_write_it() -> None:
    lines = DOCKERFILE.splitlines()
    (user,) = (line.split()[1] for line in lines if line.startswith("USER"))
    for line in lines:
        if line.startswith("COPY"):
            (source, _) = (word for word in line.split()[1:] if not word.startswith("--"))
            assert source == "." or goes_into_the_image(source)
            assert (ROOT / source).exists()
    assert f"COPY --chown={user} . ." in lines
    assert lines.index(f"RUN chown {user} .") < lines.index(f"USER {user}")


def test_the_files_of_the_image_are_enough_without_git_and_stay_as_they_are(tmp_path: Path) -> None:
    app, home = tmp_path / "app", tmp_path / "home"
    home.mkdir()
    for name in filter(goes_into_the_image, tracked()):
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_bytes((ROOT / name).read_bytes())
        (app / name).chmod(0o444)
    folders = [app, *(each for each in app.rglob("*") if each.is_dir())]
    before = sorted(app.rglob("*"))
    for folder in folders:
        folder.chmod(0o555)
    with Upstream() as proxy, Console() as dify:
        proxy.on("/v1/models", json_reply({"data": [{"id": "m"}]}))
        proxy.on("/v1/model/info", json_reply({"data": []}))
        proxy.on("/model_group/info", json_reply({"data": [{"model_group": "m", "mode": "chat"}]}))
        done = subprocess.run(
            [sys.executable, "-m", "admin", "sync", "--apply", "--base-url", proxy.url],
            cwd=app,
            env={
                "PATH": str(home), "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1", "LITELLM_API_KEY": "sk-1",
                "DIFY_URL": dify.url, "DIFY_ADMIN_KEY": ADMIN_KEY, "DIFY_WORKSPACE": WORKSPACE,
            },
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    for folder in folders:
        folder.chmod(0o755)
    assert dify.installed
    assert (done.returncode, done.stderr) == (0, "")
    assert "In step now: 1 models" in done.stdout
    assert sorted(app.rglob("*")) == before
