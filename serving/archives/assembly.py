"""Assembly of an archive: its files are packed by torch-model-archiver, sealed, signed and written."""

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from inference import golden
from inference.files import replace
from inference.golden import Results
from inference.results import Arrays
from inference.spec import Rows
from serving.archives import record, seal, signing
from serving.archives.record import Archive
from serving.errors import UserError
from serving.paths import HANDLER, MODEL_CONFIG

_ARCHIVER = Path(sys.executable).with_name("torch-model-archiver")
_SITE_CUSTOMIZE = (
    b"from handlers import lazy_torch\n\nlazy_torch.install()\n"  # imported, as the archive is first on a worker's path
)
_SECONDS = 600.0  # longest time for an archive to load and predict
# Runs in the unpacked archive with the archive's code; exchanges only arrays with this repository.
_PREDICT = """
import sys
from pathlib import Path
from inference import golden, loading
from model import SPEC
rows, _ = golden.read(Path(sys.argv[1]).read_bytes())
Path(sys.argv[2]).write_bytes(golden.record(rows, getattr(loading, sys.argv[3])(Path(), SPEC, "cpu").predict(rows)))
"""


class UnloadableError(UserError):
    """Error about an archive that its own code cannot load."""


def assemble(files: Mapping[str, bytes], name: str, version: str, work: Path) -> Path:
    """Return the sealed archive of these files and the handler, made in the empty folder ``work``.

    files  content by name in the archive

    Raises SealError for a forbidden file.
    """
    stage = work / "stage"
    for file, content in {**files, "sitecustomize.py": _SITE_CUSTOMIZE}.items():
        target = stage / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return _seal(_archived(work, name, version), work / "sealed.mar")


def publish(content: bytes, path: Path, inputs: str, name: str, version: str) -> Archive:
    """Sign an archive and write it with its record. Raises SigningError without a key; nothing is written then."""
    signed = signing.signed(Archive(path, record.sha256(content), inputs, name, version))
    replace(path, content)
    replace(record.record_path(path), signed.record())
    return signed


def predict(archive: Path, rows: Rows, expected: Results, *, proven: bool = True) -> Arrays:
    """Return the results of a sealed archive for examples, named as in golden files. It runs in a process of its own.

    proven  whether it first checks itself on its golden samples, as a worker does

    Raises UnloadableError if the process fails.
    """
    with tempfile.TemporaryDirectory(prefix="answers-") as work:
        unpacked, given, results = (Path(work, name) for name in ("unpacked", "rows", "results"))
        with zipfile.ZipFile(archive) as file:
            file.extractall(unpacked)
        given.write_bytes(golden.record(rows, expected))
        command = [sys.executable, "-c", _PREDICT, str(given), str(results), "load" if proven else "unproven"]
        run = subprocess.run(command, cwd=unpacked, capture_output=True, text=True, timeout=_SECONDS, check=False)
        if run.returncode:
            lines = run.stderr.strip().splitlines() or ["it printed nothing"]
            raise UnloadableError(f"the archive cannot be loaded: {lines[-1]}")
        return golden.read(results.read_bytes())[1]


def _archived(work: Path, name: str, version: str) -> Path:
    """Archive the stage. torch-model-archiver uses a shared folder named after the model, so give it an own one."""
    scratch, export = work / "scratch", work / "export"
    scratch.mkdir()
    export.mkdir()
    command = [str(_ARCHIVER), "--model-name", name, "--version", version, "--runtime", "python"]
    command += ["--handler", str(HANDLER), "--extra-files", str(work / "stage"), "--config-file", str(MODEL_CONFIG)]
    command += ["--export-path", str(export)]
    subprocess.run(command, check=True, env=os.environ | {"TMPDIR": str(scratch)}, cwd=scratch)
    return export / f"{name}.mar"


def _seal(source: Path, target: Path) -> Path:
    with zipfile.ZipFile(source) as loose:
        files = {name: loose.read(name) for name in loose.namelist()}
    files[seal.MANIFEST] = _timeless(files[seal.MANIFEST])
    target.write_bytes(seal.seal(files))
    return target


def _timeless(manifest: bytes) -> bytes:
    content = json.loads(manifest)
    content["createdOn"] = "01/01/1980 00:00:00"
    return json.dumps(content, indent=2, sort_keys=True).encode()
