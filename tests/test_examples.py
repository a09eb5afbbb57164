"""What stands in examples/ is what its readers can use."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from harness.litellm_proxy_process import litellm_proxy

EXAMPLES = Path(__file__).parent.parent / "examples"
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
    (sync,) = job["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    secrets = {
        each["valueFrom"]["secretKeyRef"]["key"] for each in sync["env"] if "valueFrom" in each
    }
    assert secrets <= set(ENV)
    for each in KUBERNETES:
        assert "1.107" not in str(each)


def test_the_configuration_starts_and_lists_its_models(tmp_path: Path) -> None:
    file = EXAMPLES / "litellm_gateway.yaml"
    names = set(_OF_A_FILE.findall(file.read_text()))
    assert names <= set(ENV)
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
