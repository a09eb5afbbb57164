"""Command line options for access to Dify: its URL and the login."""

import argparse
import os
from pathlib import Path

from admin.command_error import CommandError
from admin.dify.console import Account, AdminKey, Console
from admin.proxy_options import secret_of


def add_dify_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for access to Dify; secrets come from environment variables."""
    parser.add_argument("--dify-url", default=os.environ.get("DIFY_URL", ""), metavar="URL",
                        help="Dify's page (DIFY_URL)")  # fmt: skip
    parser.add_argument("--workspace", default=os.environ.get("DIFY_WORKSPACE", ""), metavar="ID",
                        help="the workspace (DIFY_WORKSPACE); needed with the admin key")  # fmt: skip
    parser.add_argument("--dify-admin-key-file", type=Path, metavar="FILE",
                        help="a file with Dify's admin key, instead of DIFY_ADMIN_KEY")  # fmt: skip
    # The names of environment variables; a fleet may have others for each target.
    parser.set_defaults(
        dify_admin_key_env="DIFY_ADMIN_KEY",
        dify_email_env="DIFY_EMAIL",
        dify_password_env="DIFY_PASSWORD",  # noqa: S106 - a variable's name
    )
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
    if key := secret_of(options.dify_admin_key_env, options.dify_admin_key_file):
        if not options.workspace:
            message = "Dify's admin key is for all workspaces: name one with --workspace, or DIFY_WORKSPACE."
            raise CommandError(message)
        return AdminKey(key, options.workspace)
    email = os.environ.get(options.dify_email_env)
    password = os.environ.get(options.dify_password_env)
    if email and password:
        return Account(email, password, options.workspace)
    message = (
        f"A login for Dify is missing: set {options.dify_admin_key_env} (and DIFY_WORKSPACE), or "
        f"{options.dify_email_env} and {options.dify_password_env}."
    )
    raise CommandError(message)
