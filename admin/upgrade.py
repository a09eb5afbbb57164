"""Install or upgrade the plain plugin, without a catalogue, in a Dify.

    python -m admin upgrade --dify-url https://dify.example.org
    python -m admin upgrade … --apply

Without --apply it lists the changes and makes none. Models that you added by hand, their keys, and
apps are not changed, and calls continue meanwhile. Set the login for Dify in environment variables:
DIFY_ADMIN_KEY (ADMIN_API_KEY of Dify's API) with DIFY_WORKSPACE, or DIFY_EMAIL and DIFY_PASSWORD.
The exit statuses are those of `sync`.
"""

import argparse

from admin.dify.bring_in_step import add_step_options, bring_in_step
from admin.offline import add_offline_options, packed_for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_step_options(parser)
    add_offline_options(parser)


def run(options: argparse.Namespace) -> int:
    """Compare, and with --apply install or upgrade. Raises CommandError and OSError."""
    return bring_in_step(packed_for(options), {}, {}, options).reported(options)
