"""The inspector, run as a user runs it."""

import json
import os
import subprocess
import sys

import pytest

from harness.child import free_port
from tests.support.environment import MASTER_KEY, Environment


def inspect(
    base_url: str, *arguments: str, key: str = MASTER_KEY
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "admin",
            "inspect",
            base_url,
            "--api-key-env",
            "SOME_KEY",
            *arguments,
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SOME_KEY": key, "COLUMNS": "200"},
    )


def test_one_model_with_the_source_of_each_fact(env: Environment) -> None:
    told = json.loads(inspect(env.proxy_url, "uneven-pool", "--json").stdout)
    assert told["facts"]["context_size"] == {"value": 4000, "from": "/v1/model/info"}
    assert told["facts"]["input_price"]["value"] == "0.000001"
    assert "audio_input" in told["unknown"]
    assert told["dify"]["model_properties"]["context_size"] == 4000


@pytest.mark.slow
def test_a_table_for_people(env: Environment) -> None:
    result = inspect(env.proxy_url, "known-gpt-5")
    assert result.returncode == 0
    for words in ("reasoning_efforts", "/model_group/info", "minimal, low, medium, high", "272000"):
        assert words in result.stdout
    assert MASTER_KEY not in result.stdout + result.stderr


@pytest.mark.slow
def test_all_models_of_a_key(env: Environment) -> None:
    before = env.upstream.posts
    result = inspect(env.proxy_url, key="sk-restricted")
    assert "2 models." in result.stdout
    assert "embedder" in result.stdout
    assert env.upstream.posts == before


@pytest.mark.slow
def test_a_refused_endpoint_is_named_not_hidden(env: Environment) -> None:
    told = json.loads(inspect(env.proxy_url, "gpt-4", "--json", key="sk-chat-routes").stdout)
    assert "not allowed to call this route" in told["asked"]["/v1/model/info"]
    assert told["facts"] == {}


@pytest.mark.slow
def test_the_table_is_of_the_right_kind(env: Environment) -> None:
    told = json.loads(inspect(env.proxy_url, "known-rerank", "--json").stdout)
    assert told["dify"]["model_type"] == "rerank"


@pytest.mark.slow
def test_what_nobody_knows_is_not_made_up(env: Environment) -> None:
    result = inspect(env.proxy_url, "no-such-model")
    assert "Nothing is known of this model" in result.stdout
    assert "in Dify" not in result.stdout
    wrong = inspect(env.proxy_url, "gpt-4", key="sk-wrong")
    assert wrong.returncode == 1
    assert "sk-wrong" not in wrong.stdout + wrong.stderr


@pytest.mark.slow
def test_nobody_there() -> None:
    result = inspect(f"http://127.0.0.1:{free_port()}")
    assert result.returncode == 2
    assert "refused" in result.stderr
    assert "Traceback" not in result.stderr


def test_help() -> None:
    assert "Costs no tokens" in inspect("x", "--help").stdout
