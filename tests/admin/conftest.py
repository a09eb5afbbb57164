"""A Dify and a LiteLLM to administer, and the commands run as a user runs them."""

from collections.abc import Iterator

import pytest

from tests.admin.litellm import ADMIN_KEY, LiteLLM
from tests.sync.console import ADMIN_KEY as DIFY_KEY
from tests.sync.console import WORKSPACE, Console


@pytest.fixture
def dify() -> Iterator[Console]:
    with Console() as console:
        yield console


@pytest.fixture
def litellm(dify: Console, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiteLLM]:
    with LiteLLM() as proxy:
        for name, value in {
            "DIFY_URL": dify.url, "DIFY_ADMIN_KEY": DIFY_KEY, "DIFY_WORKSPACE": WORKSPACE,
            "LITELLM_API_KEY": ADMIN_KEY, "COLUMNS": "200",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        yield proxy
