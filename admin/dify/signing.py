"""Sign packages, for a Dify that accepts only signed ones.

Dify's daemon checks (dify-plugin-daemon pkg/plugin_packager/signer): SHA-256 of every file in the
order of the archive, and of the time, signed with RSA (PKCS 1 v1.5); the signature is the archive's
comment.
"""

import base64
import json
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from admin.command_error import CommandError

VERIFICATION = ".verification.dify.json"
_OF_THE_COMMUNITY = b'{"authorized_category":"community"}'


def with_verification(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Add the file that names the package's category; it changes the package's identifier."""
    return {**files, VERIFICATION: _OF_THE_COMMUNITY}


def private_key(file: Path) -> RSAPrivateKey:
    """Read a key in the format of `dify signature generate`.

    Raise CommandError for other keys.
    """
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        message = f"{file} is no RSA private key in PEM without a password."
        raise CommandError(message)
    return key


def signed(package: bytes, key: RSAPrivateKey, unix_time: int) -> bytes:
    """Return the package with its signature; `package` contains the file of `with_verification`."""
    stream = BytesIO(package)
    with zipfile.ZipFile(stream, "a") as archive:
        hashes = [sha256(archive.read(name)).digest() for name in archive.namelist()]
        told = b"".join(hashes) + str(unix_time).encode()
        signature = base64.b64encode(key.sign(told, padding.PKCS1v15(), SHA256())).decode()
        archive.comment = json.dumps({"signature": signature, "time": unix_time}).encode()
    return stream.getvalue()
