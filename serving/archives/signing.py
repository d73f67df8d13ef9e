"""Signatures of archives (Ed25519, RFC 8032), checked with the public keys that this machine trusts.

    .keys/signing.pem       the private key, made with the first archive; ARCHIVE_SIGNING_KEY names another
    .keys/trusted/*.pem     the public keys; ARCHIVE_TRUSTED_KEYS names another folder

A server needs public keys only. Both kinds are PEM, as ``openssl genpkey -algorithm ed25519`` and ``openssl pkey
-pubout`` make them.
"""

import base64
import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from inference import files
from serving.archives.record import Archive, Signature
from serving.errors import UserError
from serving.paths import KEYS

_FOLDER_MODE = 0o755  # whoever can write to it decides which keys are trusted
_MOST_KEY_BYTES = 64 << 10


class SigningError(UserError):
    """Error about a private key that is missing, or that others can read."""


class UntrustedError(UserError):
    """Error about a signature by an untrusted key, or of other content."""


def signed(archive: Archive) -> Archive:
    """Return an archive with this machine's signature. Raises SigningError."""
    return replace(archive, signature=sign(archive.statement))


def sign(statement: bytes) -> Signature:
    """Sign with this machine's key, and trust that key here. A machine without any keys makes one.

    Raises SigningError if other users can read the private key, or if it is missing and the machine trusts another key.
    """
    private = _private()
    _trust(private.public_key())
    return Signature(fingerprint(private.public_key()), base64.b64encode(private.sign(statement)).decode())


def check_key() -> None:
    """Raise SigningError if ``sign`` would: before what is to be signed is made, which takes minutes."""
    if _private_path().exists():
        _private()
    else:
        _check_own(_private_path())


def verify(statement: bytes, signature: Signature) -> None:
    """Check that a trusted key made this signature of this statement. Raises UntrustedError."""
    public = trusted().get(signature.key)
    if public is None:
        raise UntrustedError(f"the key {signature.key} signed it, and {_trusted_folder()} does not have that key")
    try:
        public.verify(base64.b64decode(signature.signature, validate=True), statement)
    except (InvalidSignature, ValueError) as error:
        raise UntrustedError(f"its signature is not one that the key {signature.key} made of it") from error


def trusted() -> dict[str, Ed25519PublicKey]:
    """Return the trusted public keys by fingerprint.

    Raises UntrustedError for a file that is no Ed25519 key, no regular file, or larger than 64 KiB.
    """
    keys = {}
    for path in sorted(_trusted_files()):
        try:
            key = form.load_pem_public_key(files.read(path, _MOST_KEY_BYTES))
        except (ValueError, UnsupportedAlgorithm, OSError) as error:
            raise UntrustedError(f"{path} is not a public key: {error}") from error
        if not isinstance(key, Ed25519PublicKey):
            raise UntrustedError(f"{path} is not an Ed25519 public key")
        keys[fingerprint(key)] = key
    return keys


def fingerprint(public: Ed25519PublicKey) -> str:
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16]


def _private_path() -> Path:
    return Path(os.environ.get("ARCHIVE_SIGNING_KEY", KEYS / "signing.pem"))


def _private() -> Ed25519PrivateKey:
    path = _private_path()
    if not path.exists():
        _make(path)
    if path.stat().st_mode & 0o077:
        raise SigningError(f"other users can read the private key {path}: chmod 600 {path}")
    try:
        key = form.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm, OSError) as error:
        raise SigningError(f"{path} is not a private key without a password: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningError(f"{path} is not an Ed25519 private key")
    return key


def _check_own(path: Path) -> None:
    """Raise SigningError if this machine may make no key of its own at a path."""
    if any(_trusted_files()):
        raise SigningError(
            f"there is no private key {path}, but this machine trusts another key: build the archive where that key "
            "is, or set ARCHIVE_SIGNING_KEY to its file"
        )


def _make(path: Path) -> None:
    """Make a private key that only its owner can read. If two processes make one at once, the first one stays."""
    _check_own(path)
    content = Ed25519PrivateKey.generate().private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
    )
    files.make_folder(path.parent, _FOLDER_MODE)
    handle, name = tempfile.mkstemp(dir=path.parent)  # mode 600
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    partial = Path(name)
    try:
        path.hardlink_to(partial)
    except FileExistsError:
        return
    finally:
        partial.unlink()


def _trust(public: Ed25519PublicKey) -> None:

    if fingerprint(public) not in trusted():
        content = public.public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
        files.make_folder(_trusted_folder(), _FOLDER_MODE)
        files.replace(_trusted_folder() / f"{fingerprint(public)}.pem", content)


def _trusted_files() -> Iterator[Path]:
    return _trusted_folder().glob("[!.]*.pem")  # without files that are being written


def _trusted_folder() -> Path:
    return Path(os.environ.get("ARCHIVE_TRUSTED_KEYS", KEYS / "trusted"))
