"""Build `dist/litellm-<version>.difypkg`, check it as Dify's marketplace does, and start it."""

import argparse
import re
import sys

import yaml

from admin.command_error import CommandError
from admin.offline import add_offline_options, packed_for
from admin.package import ROOT, build, check, packed
from tools.locked import with_lock
from tools.marketplace import missing_of, problems_of

_URL = re.compile(r"https://[\w.-]+(/[\w.~-]+)+")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.package", description=__doc__)
    parser.add_argument("--repo", default="", help="URL of the source, as the marketplace wants it")
    parser.add_argument("--contact", default="", help="e-mail address of the publisher")
    add_offline_options(parser)
    options = parser.parse_args()
    if options.repo and not _URL.fullmatch(options.repo):
        parser.error(f"--repo must be an https:// URL of a repository, not {options.repo}")
    if options.contact and not _ADDRESS.fullmatch(options.contact):
        parser.error(f"--contact must be an e-mail address, not {options.contact}")
    return options


def main() -> None:
    """Build and check; exit with 1 if the marketplace would reject the package."""
    options = _options()
    plain = packed(options.repo, options.contact)
    if problems := problems_of(plain):
        sys.exit("\n".join(["Nothing was built:", *(f"- {problem}" for problem in problems)]))
    try:
        files = packed_for(options, options.repo, options.contact)
        if not options.offline:
            files = with_lock(files)
    except CommandError as error:
        sys.exit(str(error))
    manifest = yaml.safe_load(files["manifest.yaml"])
    offline = "-offline" if options.offline else ""
    package = ROOT / "dist" / f"litellm-{manifest['version']}{offline}.difypkg"
    build(package, files)
    size = package.stat().st_size
    print(f"{package.relative_to(ROOT)}: {len(files)} files, {size} bytes")
    check(package)
    if options.offline:
        print("Ready to install, for your own Dify: the marketplace takes no package with wheels.")
        return
    missing = missing_of(manifest)
    print("Ready to install." + ("" if missing else " Ready for Dify's marketplace."))
    if missing:
        print("Only to publish it on Dify's marketplace:")
    for each in missing:
        print(f"- {each}")


if __name__ == "__main__":
    main()
