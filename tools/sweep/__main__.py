"""Test which models of LiteLLM's catalogue accept everything that the plugin offers."""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from fnmatch import fnmatchcase
from itertools import batched, groupby
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from harness.litellm_proxy_process import ROOT
from harness.plugin_process import PluginProcess
from tools.sweep.calls import Findings, ModelSweep, SweptModel
from tools.sweep.proxy import catalogue, swept_proxy
from tools.sweep.report import last_line, table, written

MODELS_A_PROXY = 200
"""LiteLLM searches all models of a proxy for each key that lists its models."""
PROXIES = 2
DOCUMENT = ROOT / "docs" / "models.md"


def main() -> int:
    """Run the sweep.

    Exit with 0 for any findings, with 2 if no model matched.
    """
    options = _options()
    models = chosen(catalogue(), options.models, options.providers.split(","), options.sample)
    console = Console()
    if not models:
        console.print(f"No model matches {options.models!r}.")
        return 2
    started = time.monotonic()
    with Progress(console=console) as progress:
        task = progress.add_task(f"{len(models)} models", total=len(models))
        findings = sweep(models, options.jobs, lambda: progress.advance(task))
    console.print(table(findings))
    for line in written(findings).splitlines():
        if line.startswith(("- ", "### ")):
            console.print(line, markup=False, highlight=False)
    if not options.keep:
        whole = options.models == "*" and not options.providers and not options.sample
        if whole:
            DOCUMENT.write_text(written(findings), encoding="utf-8")
    calls = sum(each.calls for each in findings)
    console.print(f"{calls} calls in {time.monotonic() - started:.0f} s")
    console.print(last_line(findings))
    return 0


def chosen(
    models: Sequence[SweptModel], pattern: str, providers: Sequence[str], sample: int
) -> list[SweptModel]:
    """Return the models that match.

    At most `sample` per provider and mode, 0 for all. The sample is the same in every run.
    """
    wanted = [name for name in providers if name]
    matching = [
        model
        for model in models
        if fnmatchcase(model.name, pattern) and (not wanted or model.provider in wanted)
    ]
    if not sample:
        return matching
    same_each_time = random.Random(0)  # noqa: S311 - a sample is no secret
    kinds = [list(group) for _, group in groupby(sorted(matching, key=_kind), key=_kind)]
    return [
        model for group in kinds for model in same_each_time.sample(group, min(sample, len(group)))
    ]


def _kind(model: SweptModel) -> tuple[str, str]:
    return model.provider, model.mode


def sweep(
    models: Sequence[SweptModel],
    jobs: int,
    advance: Callable[[], object] = lambda: None,
    form: Mapping[str, str] | None = None,
) -> list[Findings]:
    """Sweep the models, `jobs` at a time per proxy.

    `form` is added to every form.
    """
    findings: list[Findings] = []

    def sweep_part(part: Sequence[SweptModel]) -> None:
        with (
            tempfile.TemporaryDirectory() as folder,
            swept_proxy(part, Path(folder)) as (url, keys),
            ThreadPoolExecutor(jobs) as pool,
        ):
            forms = [
                {"base_url": url, "api_key": keys[model.name], **(form or {})} for model in part
            ]
            sweeps = map(ModelSweep, [plugin] * len(part), part, forms)
            for done in as_completed([pool.submit(each.run) for each in sweeps]):
                findings.append(done.result())
                advance()

    with (
        PluginProcess(ROOT, keep_lines=False) as plugin,
        ThreadPoolExecutor(PROXIES) as proxies,
    ):
        list(proxies.map(sweep_part, batched(models, MODELS_A_PROXY)))
    return sorted(findings, key=lambda each: each.model.name)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.sweep", description=__doc__)
    parser.add_argument("--models", default="*", help="a pattern of names, such as 'mistral:*'")
    parser.add_argument("--providers", default="", help="LiteLLM's providers, separated by commas")
    parser.add_argument(
        "--sample", type=int, default=0, help="models a provider and mode; 0 for all (default)"
    )
    parser.add_argument(
        "--jobs", type=int, default=6, help="models at a time at each of two proxies (default 6)"
    )
    parser.add_argument("--keep", action="store_true", help=f"leave {DOCUMENT.name} as it is")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
