"""The archive: a bundle and the code that serves it, sealed into a .mar that any TorchServe 0.12 loads."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import torch

from model import bundle, golden, reference
from model.classifier import Classifier
from model.files import replace
from model.pixels import Images
from serving import conversion, record
from serving.formats import FORMATS
from serving.parity import Labels, check_parity
from serving.paths import HANDLER, MODEL_CONFIG, NAME, ROOT
from serving.record import Archive, Release

_ARCHIVER = Path(sys.executable).with_name("torch-model-archiver")
DEFAULT = Release()
_SITE_CUSTOMIZE = "from handlers import lazy_torch\n\nlazy_torch.install()\n"  # the archive is first on a worker's path
_GOLDEN_SAMPLES = 32
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment a zip file can name


def build(bundle_path: Path, images: Images, labels: Labels, path: Path, release: Release = DEFAULT) -> Archive:
    """Build, seal and prove the archive at ``path``. The same inputs give the same bytes.

    images  the whole test set, uint8 (n, 28, 28); the first 32 become the golden samples
    labels  its digits, int (n,)

    If the bundle's folder has a reference, it comes along.

    Raises ConversionError if the format's packages are missing, and ParityError if the archive's own code and weights
    do not give the probabilities that this repository's do, or not the accuracy that the bundle claims. Then nothing
    is written.
    """
    inputs = record.inputs(bundle_path, release)
    with tempfile.TemporaryDirectory(prefix="digits-archive-") as temporary:
        sealed, classifier = pack(bundle_path, images, Path(temporary), release)
        check_parity(sealed, classifier, images, labels, exact=FORMATS[release.format].exact)
        content = sealed.read_bytes()
    archive = Archive(path, record.sha256(content), inputs)
    replace(path, content)
    replace(record.record_path(path), archive.record())
    return archive


def pack(bundle_path: Path, images: Images, work: Path, release: Release) -> tuple[Path, Classifier]:
    """The sealed archive in the empty folder ``work``, not proven yet, and training's classifier to hold it against."""
    torch.set_num_threads(1)  # as a worker does, so that equal means equal to the last bit
    loaded = bundle.load(bundle_path)
    classifier = Classifier(loaded)
    files = {**conversion.files(release.format, loaded)}
    files[golden.FILE] = golden.record(classifier, images[:_GOLDEN_SAMPLES])
    measured = bundle_path.with_name(reference.FILE)
    if measured.exists():
        files[reference.FILE] = measured.read_bytes()
    _stage(work / "stage", bundle_path, files)
    return _seal(_archived(work, release.version), work / "sealed.mar"), classifier


def _stage(stage: Path, bundle_path: Path, files: conversion.Files) -> None:
    """Lay out what the archive holds beside its handler."""
    for source in record.sources():
        target = stage / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    shutil.copyfile(bundle_path, stage / bundle.WEIGHTS)
    (stage / "sitecustomize.py").write_text(_SITE_CUSTOMIZE)
    for name, content in files.items():
        (stage / name).write_bytes(content)
    (stage / "index_to_name.json").write_text(json.dumps({str(digit): str(digit) for digit in range(10)}))


def _archived(work: Path, version: str) -> Path:
    """What torch-model-archiver makes of the stage. It works in a shared folder named after the model: give it ours."""
    scratch, export = work / "scratch", work / "export"
    scratch.mkdir()
    export.mkdir()
    command = [str(_ARCHIVER), "--model-name", NAME, "--version", version, "--runtime", "python"]
    command += ["--handler", str(HANDLER), "--extra-files", str(work / "stage"), "--config-file", str(MODEL_CONFIG)]
    command += ["--export-path", str(export)]
    subprocess.run(command, check=True, env=os.environ | {"TMPDIR": str(scratch)}, cwd=scratch)
    return export / f"{NAME}.mar"


def _seal(source: Path, target: Path) -> Path:
    """Sorted entries, one fixed time, no compression, whose bytes would depend on zlib's version."""
    with zipfile.ZipFile(source) as loose, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as sealed:
        for name in sorted(loose.namelist()):
            content = loose.read(name)
            if name == "MAR-INF/MANIFEST.json":
                content = _timeless(content)
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            sealed.writestr(entry, content)
    return target


def _timeless(manifest: bytes) -> bytes:
    content = json.loads(manifest)
    content["createdOn"] = "01/01/1980 00:00:00"
    return json.dumps(content, indent=2, sort_keys=True).encode()
