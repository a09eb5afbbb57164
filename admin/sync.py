"""Bring a Dify in step with a proxy: every model that the key can use, listed and upgraded in place.

    python -m admin sync --dify-url https://dify.example.org --base-url http://litellm:4000
    python -m admin sync … --apply

Without --apply it says what it would do and changes nothing. Keys, models that were added by hand and
apps stay as they are. The proxy's key, Dify's key or password and the like are read from environment
variables: LITELLM_API_KEY, DIFY_ADMIN_KEY (ADMIN_API_KEY of Dify's API) with DIFY_WORKSPACE, or
DIFY_EMAIL and DIFY_PASSWORD.

Exits with 0 if all is in step, 1 if something would change, 2 if it failed, 3 if it was refused
because an app uses a model that goes (--remove-used).
"""

import argparse

from admin import catalog
from admin.catalogue.choices import read_choices
from admin.catalogue.files import catalogue_files, entity_of
from admin.catalogue.reading import selected
from admin.catalogue.selection import require_catalogue
from admin.dify.bring_in_step import add_step_options, bring_in_step
from admin.offline import add_offline_options, packed_for
from admin.proxy_options import proxy_form


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    catalog.add_choices(parser)
    add_step_options(parser)
    add_offline_options(parser)


def run(options: argparse.Namespace) -> int:
    """Compare, and with --apply bring in step. Raises CommandError, SettingsError and OSError."""
    choices = read_choices(
        options.config, **{name: getattr(options, name) for name in catalog.CHOICES}
    )
    selection = selected(choices, options)
    require_catalogue(selection, choices)
    files, _ = catalogue_files(packed_for(options), selection.models, choices)
    entities = {(m.kind.value, m.name): entity_of(m, choices.base_url) for m in selection.models}
    return bring_in_step(files, entities, proxy_form(choices.base_url, options), options)
