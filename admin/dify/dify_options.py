"""Command line options for access to Dify: its URL and the login."""

import argparse
import os

from admin.command_error import CommandError
from admin.dify.console import Account, AdminKey, Console


def add_dify_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for access to Dify; secrets come from environment variables."""
    parser.add_argument("--dify-url", default=os.environ.get("DIFY_URL", ""), metavar="URL",
                        help="Dify's page (DIFY_URL)")  # fmt: skip
    parser.add_argument("--workspace", default=os.environ.get("DIFY_WORKSPACE", ""), metavar="ID",
                        help="the workspace (DIFY_WORKSPACE); needed with the admin key")  # fmt: skip
    parser.add_argument("--dify-ca", default="", metavar="FILE",
                        help="the certificate authority of Dify, as PEM")  # fmt: skip
    parser.add_argument("--any-release", action="store_true",
                        help="go on with a release of Dify that is too old to be known")  # fmt: skip


def console_of(options: argparse.Namespace) -> Console:
    """Return a client for Dify's console; raise CommandError if an option is missing."""
    if not options.dify_url:
        message = "Dify's address is missing: give --dify-url, or DIFY_URL."
        raise CommandError(message)
    return Console(options.dify_url, _login(options), options.dify_ca)


def _login(options: argparse.Namespace) -> AdminKey | Account:
    if key := os.environ.get("DIFY_ADMIN_KEY"):
        if not options.workspace:
            message = "DIFY_ADMIN_KEY is for all workspaces: name one with --workspace, or DIFY_WORKSPACE."
            raise CommandError(message)
        return AdminKey(key, options.workspace)
    email, password = os.environ.get("DIFY_EMAIL"), os.environ.get("DIFY_PASSWORD")
    if email and password:
        return Account(email, password, options.workspace)
    message = "Nobody to ask Dify as: set DIFY_ADMIN_KEY (and DIFY_WORKSPACE), or DIFY_EMAIL and DIFY_PASSWORD."
    raise CommandError(message)
