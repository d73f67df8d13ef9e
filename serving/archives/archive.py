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

from inference import bundle, drift, golden
from inference.classifier import Classifier
from inference.files import replace
from serving.archives import conversion, interfaces, record, seal
from serving.archives.formats import FORMATS
from serving.archives.package import Package
from serving.archives.parity import check_parity
from serving.archives.record import Archive, Release
from serving.archives.samples import Samples
from serving.openapi import interface
from serving.paths import HANDLER, MODEL_CONFIG

_ARCHIVER = Path(sys.executable).with_name("torch-model-archiver")
DEFAULT = Release()
_SITE_CUSTOMIZE = "from handlers import lazy_torch\n\nlazy_torch.install()\n"  # the archive is first on a worker's path
_GOLDEN_SAMPLES = 32


def build(package: Package, bundle_path: Path, samples: Samples, path: Path, release: Release = DEFAULT) -> Archive:
    """Build, seal, prove and sign the archive at ``path``. The same inputs give the same bytes.

    samples  the whole test set; the first 32 become the golden samples

    If the bundle's folder has a reference, it comes along.

    Raises ConversionError if the format's packages are missing, and ParityError if the archive's own code and weights
    do not give the probabilities that this repository's do, or not the accuracy that the bundle claims, SealError if
    it would hold what no archive may, PackageError if the package or its name is none, and SigningError if there is no
    key to sign it with. Then nothing is written.
    """
    inputs = record.inputs(package, bundle_path, release)
    with tempfile.TemporaryDirectory(prefix="archive-") as temporary:
        sealed, classifier = pack(package, bundle_path, samples, Path(temporary), release)
        check_parity(sealed, classifier, samples, exact=FORMATS[release.format].exact)
        content = sealed.read_bytes()
    archive = Archive(path, record.sha256(content), inputs, release.named(package), release.version).signed()
    replace(path, content)
    replace(record.record_path(path), archive.record())
    return archive


def pack(
    package: Package, bundle_path: Path, samples: Samples, work: Path, release: Release
) -> tuple[Path, Classifier]:
    """The sealed archive in the empty folder ``work``, not proven yet, and training's classifier to hold it against."""
    torch.set_num_threads(1)  # as a worker does, so that equal means equal to the last bit
    loaded = bundle.load(bundle_path, package.spec)
    classifier = Classifier(loaded)
    files = {**conversion.files(release.format, loaded)}
    files[golden.FILE] = golden.record(classifier, samples.rows[:_GOLDEN_SAMPLES])
    files[interface.FILE] = interfaces.of(classifier, samples.rows, release.version).content()
    measured = bundle_path.with_name(drift.FILE)
    if measured.exists():
        files[drift.FILE] = measured.read_bytes()
    files["index_to_name.json"] = json.dumps(dict(enumerate(loaded.labels))).encode()
    _stage(work / "stage", bundle_path, record.sources(package) | files)
    return _seal(_archived(work, release.named(package), release.version), work / "sealed.mar"), classifier


def _stage(stage: Path, bundle_path: Path, files: conversion.Files) -> None:
    """Lay out what the archive holds beside its handler."""
    for name, content in files.items():
        target = stage / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    shutil.copyfile(bundle_path, stage / bundle.WEIGHTS)
    (stage / "sitecustomize.py").write_text(_SITE_CUSTOMIZE)


def _archived(work: Path, name: str, version: str) -> Path:
    """What torch-model-archiver makes of the stage. It works in a shared folder named after the model: give it ours."""
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
