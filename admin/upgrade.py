"""Install the plugin in a Dify, or upgrade it in place: the plain one, without a catalogue.

    python -m admin upgrade --dify-url https://dify.example.org
    python -m admin upgrade … --apply

Without --apply it says what it would do and changes nothing. Models that were added by hand, their keys
and apps stay as they are, and calls go on meanwhile. As whom Dify is asked stands in environment
variables: DIFY_ADMIN_KEY (ADMIN_API_KEY of Dify's API) with DIFY_WORKSPACE, or DIFY_EMAIL and
DIFY_PASSWORD. Exits as `sync` does.
"""

import argparse

from admin.dify.bring_in_step import add_step_options, bring_in_step
from admin.offline import add_offline_options, packed_for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    add_step_options(parser)
    add_offline_options(parser)


def run(options: argparse.Namespace) -> int:
    """Compare, and with --apply install or upgrade. Raises CommandError and OSError."""
    return bring_in_step(packed_for(options), {}, {}, options)
