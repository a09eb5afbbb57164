"""Half a minute of everything at once; `make soak` does it for longer."""

from pathlib import Path

import pytest
from rich.console import Console

from tests.soak.__main__ import CALLERS, show, soak

pytestmark = pytest.mark.slow

MAX_GROWN_MEGABYTES = 25


def test_nothing_is_lost_crossed_or_leaked(tmp_path: Path) -> None:
    report = soak(30, tmp_path)
    show(report, Console())
    assert report.score.wrong == []
    # Every kind of work has succeeded, with faults and a restart on the way.
    assert len(report.score.right) == 6
    assert len(report.happened) == 3
    assert report.faults > 0
    # Whoever gets an error is one whom a fault or the restart hit.
    assert report.score.errors.total() - report.score.while_away <= report.faults
    sizes = report.sizes
    assert sizes.descriptors[-1] <= sizes.descriptors[0] + 4 * CALLERS
    assert sizes.megabytes[-1] - sizes.megabytes[len(sizes.megabytes) // 3] < MAX_GROWN_MEGABYTES
