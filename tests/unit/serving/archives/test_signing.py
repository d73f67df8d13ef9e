"""Keys that sign archives, and trusted keys."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from serving import paths
from serving.archives import signing
from serving.archives.record import Signature
from serving.archives.signing import SigningError, UntrustedError
from tests.processes import bounded

STATEMENT = b"archive digits 1.0 sha256 00\n"


class Machine:
    """The keys of a machine, in a folder of their own."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.private, self.trusted = folder / "signing.pem", folder / "trusted"
        self._patch = patch
        self.enter()

    def enter(self) -> None:
        self._patch.setenv("ARCHIVE_SIGNING_KEY", str(self.private))
        self._patch.setenv("ARCHIVE_TRUSTED_KEYS", str(self.trusted))


@pytest.fixture
def builder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path / "builder", monkeypatch)


def test_the_first_signature_makes_the_key_for_its_owner_alone(builder: Machine) -> None:
    signature = signing.sign(STATEMENT)
    signing.verify(STATEMENT, signature)  # does not raise
    assert builder.private.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in builder.private.parent.iterdir() if path.is_file()] == ["signing.pem"]
    assert list(signing.trusted()) == [signature.key]
    assert signing.sign(STATEMENT) == signature


def test_no_umask_opens_the_keys_to_others(builder: Machine) -> None:
    before = os.umask(0)
    try:
        signing.sign(STATEMENT)
    finally:
        os.umask(before)
    (public,) = builder.trusted.iterdir()
    modes = {path: path.stat().st_mode & 0o777 for path in (builder.private, public)}
    assert modes == {builder.private: 0o600, public: 0o644}
    assert {path.parent.stat().st_mode & 0o777 for path in modes} == {0o755}


@pytest.mark.parametrize("change", ["statement", "signature", "not base64", "not ASCII"])
def test_another_statement_or_signature_is_not_trusted(builder: Machine, change: str) -> None:
    signature, statement = signing.sign(STATEMENT), STATEMENT
    match change:
        case "statement":
            statement = STATEMENT.replace(b"1.0", b"2.0")
        case "signature":
            signature = signature._replace(signature=signing.sign(b"another").signature)
        case "not base64":
            signature = signature._replace(signature="!")
        case _:
            signature = signature._replace(signature="é")
    with pytest.raises(UntrustedError, match="not one that the key"):
        signing.verify(statement, signature)


def test_a_server_needs_the_builders_public_key_only(
    builder: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signature = signing.sign(STATEMENT)
    server = Machine(tmp_path / "server", monkeypatch)
    with pytest.raises(UntrustedError, match=rf"{signature.key} signed it"):
        signing.verify(STATEMENT, signature)
    shutil.copytree(builder.trusted, server.trusted)
    signing.verify(STATEMENT, signature)  # does not raise
    with pytest.raises(SigningError, match="ARCHIVE_SIGNING_KEY"):
        signing.sign(STATEMENT)
    assert not server.private.exists()


def test_a_key_is_replaced_while_both_are_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = tmp_path / "server"
    server.mkdir()
    signatures = []
    for name in ("old", "new"):
        builder = Machine(tmp_path / name, monkeypatch)
        signatures.append(signing.sign(STATEMENT))
        (public,) = builder.trusted.iterdir()
        shutil.copy(public, server / f"{name}.pem")
    monkeypatch.setenv("ARCHIVE_TRUSTED_KEYS", str(server))
    for signature in signatures:
        signing.verify(STATEMENT, signature)  # does not raise
    (server / "old.pem").unlink()
    signing.verify(STATEMENT, signatures[1])  # does not raise
    with pytest.raises(UntrustedError):
        signing.verify(STATEMENT, signatures[0])


@pytest.mark.skipif(not shutil.which("openssl"), reason="there is no openssl on this machine")
def test_a_key_that_openssl_made_will_do(builder: Machine) -> None:
    builder.private.parent.mkdir()
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", builder.private], check=True, timeout=240)
    signing.verify(STATEMENT, signing.sign(STATEMENT))  # does not raise


@pytest.mark.parametrize("mode", [0o640, 0o620, 0o610, 0o604, 0o602, 0o601])
def test_a_private_key_that_others_can_use_signs_nothing(builder: Machine, mode: int) -> None:
    signing.sign(STATEMENT)
    builder.private.chmod(mode)
    with pytest.raises(SigningError, match="chmod 600"):
        signing.sign(STATEMENT)


def test_a_key_is_checked_before_there_is_a_statement(builder: Machine) -> None:
    signing.check_key()
    assert not builder.private.exists(), "none is made for that"
    signing.sign(STATEMENT)
    signing.check_key()
    builder.private.chmod(0o644)
    with pytest.raises(SigningError, match="other users can read the private key"):
        signing.check_key()
    builder.private.unlink()
    with pytest.raises(SigningError, match="there is no private key"):
        signing.check_key()


def test_a_key_of_another_kind_is_named(builder: Machine) -> None:
    builder.trusted.mkdir(parents=True)
    key = ec.generate_private_key(ec.SECP256R1())
    builder.private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    builder.private.chmod(0o600)
    with pytest.raises(SigningError, match=r"signing\.pem is not an Ed25519"):
        signing.sign(STATEMENT)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for content, word in ((public, "not an Ed25519 public key"), (b"nothing", "not a public key")):
        (builder.trusted / "other.pem").write_bytes(content)
        with pytest.raises(UntrustedError, match=rf"other\.pem is {word}"):
            signing.verify(STATEMENT, Signature("key", "AA=="))


@pytest.mark.timeout(10)
def test_a_trusted_file_that_cannot_be_a_key_is_named_unread(builder: Machine) -> None:
    signature, path = signing.sign(STATEMENT), builder.trusted / "other.pem"
    makers: list[Callable[[Path], object]] = [os.mkfifo, Path.mkdir, lambda link: link.symlink_to("/dev/zero"), large]
    for make in makers:
        make(path)
        with pytest.raises(UntrustedError, match=r"other\.pem is not a public key"):
            signing.verify(STATEMENT, signature)
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()
    (builder.trusted / ".other.abc.pem").touch()  # a key that is being written
    signing.verify(STATEMENT, signature)  # does not raise


def test_a_trusted_file_may_be_as_long_as_its_limit(builder: Machine) -> None:
    signature = signing.sign(STATEMENT)
    (public,) = builder.trusted.iterdir()
    content = public.read_bytes()
    public.write_bytes(content + b"\n" * ((64 << 10) - len(content)))
    signing.verify(STATEMENT, signature)  # does not raise
    public.write_bytes(content + b"\n" * ((64 << 10) + 1 - len(content)))
    with pytest.raises(UntrustedError, match="is not a public key"):
        signing.verify(STATEMENT, signature)


def test_a_fingerprint_is_the_beginning_of_the_keys_sha256(builder: Machine) -> None:
    signature = signing.sign(STATEMENT)
    (public,) = builder.trusted.iterdir()
    key = load_pem_public_key(public.read_bytes())
    assert isinstance(key, ed25519.Ed25519PublicKey)
    assert signature.key == hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16] == public.stem


def large(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)  # a sparse file


def test_a_private_key_that_is_a_folder_is_named(builder: Machine) -> None:
    builder.private.mkdir(0o700, parents=True)
    with pytest.raises(SigningError, match=r"signing\.pem"):
        signing.sign(STATEMENT)


def test_two_first_signatures_at_once_make_one_key(builder: Machine) -> None:
    program = "from serving.archives import signing; print(signing.sign(b'x').key)"
    command = [sys.executable, "-c", program]
    with ExitStack() as stack:
        started = [subprocess.Popen(command, cwd=paths.ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
        signers = [stack.enter_context(bounded(signer)) for signer in started]
        keys = {signer.communicate(timeout=60)[0] for signer in signers}
    assert len(keys) == 1
    assert keys == {f"{key}\n" for key in signing.trusted()}


def test_what_only_looks_at_a_server_does_not_import_cryptography() -> None:
    program = "import sys, serving.torchserve.server; sys.exit('cryptography' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], cwd=paths.ROOT, check=True, timeout=240)
