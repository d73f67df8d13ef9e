"""Virtual environment of a peer. Packages that it lacks, such as torch, come from the environment of the product."""

import hashlib
import json
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from serving.errors import UserError

_STAMP = ".installed"
_LINK = "product.pth"
_VERSIONS = "import importlib.metadata as m, json, sys; print(json.dumps({p: m.version(p) for p in sys.argv[1:]}))"


class InstallError(UserError):
    """Error: the packages of a peer could not be installed."""


@dataclass(frozen=True)
class Environment:
    """Virtual environment in ``folder`` with the packages of ``lock``, before those of the product."""

    folder: Path
    lock: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def prepare(self) -> None:
        """Install the packages of the lock if they are not installed yet. Raises InstallError if pip fails."""
        stamp = self.folder / _STAMP
        if stamp.exists() and stamp.read_text() == self._sum():
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self._run(sys.executable, "-m", "venv", str(self.folder))
        install = ("-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--require-hashes", "-r")
        self._run(str(self.python), *install, str(self.lock))
        self._link()  # last, so that pip does not regard the packages of the product as installed
        stamp.write_text(self._sum())

    def versions(self, packages: Sequence[str]) -> dict[str, str]:
        versions: dict[str, str] = json.loads(self._run(str(self.python), "-c", _VERSIONS, *packages))
        return versions

    def _link(self) -> None:
        own = Path(self._run(str(self.python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
        (own / _LINK).write_text(sysconfig.get_path("purelib") + "\n")

    def _sum(self) -> str:
        content = self.lock.read_bytes() + sys.version.encode() + sysconfig.get_path("purelib").encode()
        return hashlib.sha256(content).hexdigest()

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise InstallError(f"{self.folder.name}: {(done.stderr or done.stdout).strip()[-1000:]}")
        return done.stdout
