"""The proxy of the other tests, with its own check of keys: the hook that stands for virtual keys is
not treated alike by all versions."""

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.environment import CONFIG, Environment, environment

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def env(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    folder: Path = tmp_path_factory.mktemp("compat")
    for hook in CONFIG.parent.glob("*.py"):
        shutil.copy(hook, folder)
    config = yaml.safe_load(CONFIG.read_text())
    del config["general_settings"]["custom_auth"]
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(config))
    with environment(folder, config=file) as started:
        yield started
