"""Compute Dify's identifier of a package: equal for equal files."""

from collections.abc import Mapping
from hashlib import sha256

import yaml


def identifier_of(files: Mapping[str, bytes]) -> str:
    """Return `author/name:version@checksum` of a package's files.

    Dify's daemon computes the same (dify-plugin-daemon pkg/plugin_packager/decoder/checksum.go).
    """
    manifest = yaml.safe_load(files["manifest.yaml"])
    digest = sha256()
    for name in sorted(files, key=str.encode):
        digest.update(sha256(name.encode()).digest() + sha256(files[name]).digest())
    return f"{manifest['author']}/{manifest['name']}:{manifest['version']}@{digest.hexdigest()}"
