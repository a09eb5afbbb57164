"""Synchronise a Dify with the models of a proxy, upgrading in place.

    python -m admin sync --dify-url https://dify.example.org --base-url http://litellm:4000
    python -m admin sync … --apply

Without --apply it lists the changes and makes none. Keys, models that you added by hand, and apps
are not changed. It warns of models that their providers will reject within 30 days, as far as LiteLLM
knows, with the apps that use them. Set the secrets in environment variables: LITELLM_API_KEY for the proxy, and for
Dify either DIFY_ADMIN_KEY (ADMIN_API_KEY of Dify's API) with DIFY_WORKSPACE, or DIFY_EMAIL and
DIFY_PASSWORD.

With a file of several workspaces (`targets:`, see docs/admin.md), --config brings each of them in step
with its proxy: first it plans all, then it applies, and the exit status is the worst one.

Exits with 0 if Dify is up to date, 1 if there are changes to apply, 2 on an error, 3 if it stopped
because an app uses a model that would be removed (see --remove-used).
"""

import argparse

from admin import catalog
from admin.catalogue.choices import Choices, read_choices
from admin.catalogue.files import catalogue_files, entity_of
from admin.catalogue.fleet import read_fleet
from admin.catalogue.reading import selected
from admin.catalogue.selection import require_catalogue
from admin.dify.bring_in_step import Outcome, add_step_options, bring_in_step
from admin.fleet import sync_fleet
from admin.litellm.deprecations import deprecated_soon
from admin.litellm.management import Management
from admin.offline import add_offline_options, packed_for
from admin.proxy_options import proxy_form, proxy_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    catalog.add_choices(parser)
    add_step_options(parser)
    add_offline_options(parser)


def run(options: argparse.Namespace) -> int:
    """Compare, and with --apply synchronise. Raises CommandError, SettingsError and OSError."""
    fleet = read_fleet(options.config) if options.config else None
    if fleet:
        return sync_fleet(fleet, options, _synchronised)
    over = {name: getattr(options, name) for name in catalog.CHOICES}
    return _synchronised(read_choices(options.config, **over), options).reported(options)


def _synchronised(choices: Choices, options: argparse.Namespace) -> Outcome:
    selection = selected(choices, options)
    require_catalogue(selection, choices)
    files, _ = catalogue_files(packed_for(options), selection.models, choices)
    entities = {(m.kind.value, m.name): entity_of(m, choices.base_url) for m in selection.models}
    proxy = proxy_settings(options.read_url or choices.base_url, options).proxy
    form = proxy_form(choices.base_url, options)
    return bring_in_step(files, entities, form, options, deprecated_soon(Management(proxy)))
