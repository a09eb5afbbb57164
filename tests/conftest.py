"""What all tests share. The SDK comes first: it patches sockets and threads for gevent."""

import dify_plugin  # noqa: F401, I001

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from litellm_proxy.settings import TLSSettings
from litellm_proxy.http.pool import pool_for
from tests.support.environment import Environment, environment
from harness.upstream import Upstream

settings.register_profile("quick", max_examples=40, deadline=None, derandomize=True)
settings.register_profile("test", max_examples=250, deadline=None, derandomize=True)
settings.register_profile("fuzz", max_examples=10_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "test"))

os.chdir(Path(__file__).parent.parent)


@pytest.fixture(scope="session", autouse=True)
def _close_the_pool() -> Iterator[None]:
    yield
    pool_for("http://any", TLSSettings()).close()


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """A server of one test's own, without a proxy in front."""
    with Upstream() as server:
        yield server


@pytest.fixture(scope="session")
def env(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """The real proxy in front of an upstream, and the plugin process; one for all tests."""
    with environment(tmp_path_factory.mktemp("environment")) as started:
        yield started
