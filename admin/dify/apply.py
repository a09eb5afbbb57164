"""Apply a plan step by step.

After an interruption, running it again gives the same result.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from admin.command_error import CommandError
from admin.dify.console import Console, DifyRejected
from admin.dify.plan import PREDEFINED, Plan, Step

POLL_SECONDS = 0.5
INSTALL_SECONDS = 300.0
"""A first installation downloads packages; the daemon has the same timeout."""
LISTED_SECONDS = 60.0
_INTERNAL_ERROR = 500
_SAME_SOURCE = "package"
_SUCCESS = "success"

type Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The desired state: package, plugin, provider and the provider's form.

    `models` are the names of the catalogue, empty for the plain package; `repo` is the URL of the
    source or "".
    """

    plugin_id: str
    provider: str
    package: bytes
    models: frozenset[str]
    form: Mapping[str, str]
    repo: str = ""


def carry_out(
    console: Console, plan: Plan, wanted: Wanted, tell: Tell, *, replace: bool = False
) -> None:
    """Install or upgrade, save the provider's form, and wait for the models.

    `tell` is called with each step. `replace`: a plugin that cannot be upgraded in place is
    uninstalled first, which deletes the provider's keys. Raises CommandError, which names the steps
    already done.
    """
    if plan.step is not Step.NOTHING:
        _install(console, plan, wanted, tell, replace=replace)
    provider = console.provider(wanted.provider)
    if wanted.models and not (provider and provider.custom_configuration.current_credential_id):
        tell("Saving the provider's form …")
        console.save_key(wanted.provider, dict(wanted.form))
    if wanted.models:
        tell("Waiting for the models …")
        _wait_for_models(console, wanted)
    for pair in plan.adopted:
        tell(f"Removing {pair.model}, which was added by hand …")
        console.remove_model(wanted.provider, pair.kind, pair.model)


def _install(console: Console, plan: Plan, wanted: Wanted, tell: Tell, *, replace: bool) -> None:
    tell(f"Uploading {len(wanted.package)} bytes …")
    identifier = console.upload(wanted.package)
    if identifier != plan.wanted:
        message = f"Dify calls the package {identifier}, and {plan.wanted} was expected: nothing was changed."
        raise CommandError(message)
    plugin = console.plugin(wanted.plugin_id)
    if plugin and plugin.plugin_unique_identifier == identifier:
        tell("Another sync has installed it meanwhile.")
        console.read_tasks()
        return
    if (plugin.plugin_unique_identifier if plugin else None) != plan.installed:
        message = "The plugin was changed by somebody else meanwhile: nothing was changed here. Run sync again."
        raise CommandError(message)
    if plugin is None:
        tell("Installing …")
        task = console.install(identifier, wanted.repo)
    else:
        tell("Upgrading in place …")
        try:
            task = console.upgrade(plugin.plugin_unique_identifier, identifier, wanted.repo)
        except DifyRejected as error:
            if error.status != _INTERNAL_ERROR or plugin.source != _SAME_SOURCE:
                raise
            if not replace:
                raise CommandError(_NOT_IN_PLACE) from None
            tell("Uninstalling, since this daemon cannot upgrade in place …")
            console.uninstall(plugin)
            tell("Installing …")
            task = console.install(identifier, wanted.repo)
    _wait_for(console, wanted.plugin_id, identifier, task)


_NOT_IN_PLACE = (
    "This Dify cannot upgrade in place what was installed from a file (plugin daemons up to 0.6.3): "
    "nothing was changed. With --replace the plugin is uninstalled and installed once, which deletes "
    "the provider's key and saves the one given here; models that were added by hand stay."
)


def _wait_for(console: Console, plugin_id: str, identifier: str, task: str | None) -> None:
    """Wait until the task has ended and the list contains the package.

    The task is read to its end, as this makes Dify load the new version's providers. If Dify no
    longer has the task, only the list is checked.
    """
    deadline = time.monotonic() + INSTALL_SECONDS
    while time.monotonic() < deadline:
        state = console.task(task) if task else None
        plugin = console.plugin(plugin_id)
        if state and (why := state.failure):
            kept = "the version before keeps serving" if plugin else "nothing is installed"
            message = f"Dify could not start the new version; {kept}: {' '.join(why.split())}"
            raise CommandError(message)
        is_under_way = state and state.status != _SUCCESS
        if plugin and plugin.plugin_unique_identifier == identifier and not is_under_way:
            if not state:
                console.read_tasks()
            return
        time.sleep(POLL_SECONDS)
    message = f"Dify has not installed it after {INSTALL_SECONDS:.0f} s; look at its plugin page, and run sync again."
    raise CommandError(message)


def _wait_for_models(console: Console, wanted: Wanted) -> None:
    deadline = time.monotonic() + LISTED_SECONDS
    missing = wanted.models
    while time.monotonic() < deadline:
        rows = console.models(wanted.provider).data
        missing = wanted.models - {row.model for row in rows if row.fetch_from == PREDEFINED}
        if not missing:
            return
        time.sleep(POLL_SECONDS)
    message = f"Dify does not list {len(missing)} of the models, such as {min(missing)}; look at its page."
    raise CommandError(message)
