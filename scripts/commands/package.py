"""Build, seal, prove and sign the archive that TorchServe loads."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.output import shown
from serving.archives import admission, formats, record
from serving.errors import UserError
from serving.node import deployment

if TYPE_CHECKING:
    from training.dataset import Dataset


class BundleError(UserError):
    """A file that is no bundle."""


def run(asked: argparse.Namespace) -> int:
    if not asked.bundle.is_file():
        what = "is a folder" if asked.bundle.is_dir() else "does not exist"
        raise UserError(f"the bundle {asked.bundle} {what}: name a model.safetensors, or run scripts/train first")
    if asked.out.is_dir():
        raise UserError(f"{asked.out} is a folder: name the archive with --out FILE.mar")
    deployment.check_version(asked.version)
    release = record.Release(asked.version, asked.format)
    if asked.if_stale and up_to_date(asked, release):
        print(f"{shown(asked.out)} is up to date")
        return 0
    checked(asked.bundle)
    from serving.archives.archive import build
    from training import data
    from training.errors import DataError

    try:
        mnist = data.load()
        measure(asked.bundle, mnist)
        archive = build(asked.bundle, mnist.test.images, mnist.test.labels, asked.out, release)
    except DataError as error:
        raise UserError(str(error)) from error
    print(f"{archive.sha256}  {shown(asked.out)}")
    print(f"parity: its predictions for all {len(mnist.test.images)} test images {degree(asked.format)}")
    assert archive.signature
    print(f"signed with the key {archive.signature.key}")
    return 0


def checked(path: Path) -> None:
    """Raises BundleError if the file is no bundle."""
    from inference import bundle
    from model import SPEC

    try:
        bundle.load(path, SPEC)
    except ValueError as error:
        raise BundleError(f"{error}; scripts/train makes one, and a state_dict is none") from error


def measure(path: Path, mnist: "Dataset") -> None:
    """Write beside a bundle what training's images look like, and how many of the test ones it does not accept."""
    from inference import bundle, drift
    from inference.classifier import Classifier
    from inference.files import replace
    from model import SPEC

    accepted = Classifier(bundle.load(path, SPEC)).predict(mnist.test.images).accepted
    found = drift.Reference.of(mnist.train.images, mnist.train.labels, accepted, SPEC)
    replace(path.with_name(drift.FILE), found.content())


def up_to_date(asked: argparse.Namespace, release: record.Release) -> bool:
    """Return whether the archive that is there is what would be built, and may be served."""
    try:
        return admission.admit(asked.out).inputs == record.inputs(asked.bundle, release)
    except admission.RefusedError:
        return False


def degree(format_: str) -> str:
    """Return what the parity gate has proved."""
    from inference.golden import TOLERANCE

    if formats.FORMATS[format_].exact:
        return "equal training's, bit for bit"
    return f"are training's digits, with probabilities within {TOLERANCE:.0e}"
