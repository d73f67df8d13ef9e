"""Patch of one class of TorchServe's Java frontend."""

import hashlib
import importlib.util
import zipfile
from dataclasses import dataclass
from pathlib import Path

code = bytes.fromhex


@dataclass(frozen=True)
class ClassPatch:
    """Replacements of bytes in a class.

    path    path of the class in the jar
    sha256  of the original class; a class that differs is not patched
    edits   old bytes -> new bytes, at every occurrence
    """

    path: str
    sha256: str
    edits: dict[bytes, bytes]

    def apply(self) -> bytes | None:
        """Return the patched class; None if the original is unknown."""
        content = original(self.path)
        if hashlib.sha256(content).hexdigest() != self.sha256:
            return None
        for old, new in self.edits.items():
            assert old in content
            content = content.replace(old, new)
        return content


def original(path: str) -> bytes:
    """Return a class of the installed TorchServe."""
    with zipfile.ZipFile(original_jar()) as jar:
        return jar.read(path)


def original_jar() -> Path:
    """Return the path of the jar with the classes of the installed TorchServe."""
    package = importlib.util.find_spec("ts")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).resolve().parent / "frontend" / "model-server.jar"
