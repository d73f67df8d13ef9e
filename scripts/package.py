"""Build, seal, prove and sign the archive that TorchServe loads."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from _root import ROOT

from serving import paths, version
from serving.archives import admission, formats, record

if TYPE_CHECKING:
    from training.dataset import Dataset


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, default=paths.BUNDLE, help="a trained bundle (default: the default's)")
    parser.add_argument("--out", type=Path, default=paths.ARCHIVE, help="the archive (default: model_store/digits.mar)")
    parser.add_argument("--version", default=version.read(), help="the version it registers as (default: %(default)s)")
    parser.add_argument(
        "--format",
        choices=formats.FORMATS,
        default=formats.DEFAULT,
        help=f"what runs the network (default: {formats.DEFAULT}); docs/performance.md compares them",
    )
    parser.add_argument("--if-stale", action="store_true", help="do nothing if the archive is up to date")
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    if not asked.bundle.is_file():
        print(f"error: there is no bundle {asked.bundle}: run scripts/train.py first", file=sys.stderr)
        return 1
    release = record.Release(asked.version, asked.format)
    if asked.if_stale and up_to_date(asked, release):
        print(f"{shown(asked.out)} is up to date")
        return 0
    from serving.archives.archive import build
    from serving.archives.conversion import ConversionError
    from serving.archives.parity import ParityError
    from serving.archives.seal import SealError
    from serving.archives.signing import SigningError, UntrustedError
    from training import data
    from training.errors import DataError

    try:
        mnist = data.load()
        measure(asked.bundle, mnist)
        archive = build(asked.bundle, mnist.test.images, mnist.test.labels, asked.out, release)
    except (DataError, ConversionError, ParityError, SealError, SigningError, UntrustedError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{archive.sha256}  {shown(asked.out)}")
    print(f"parity: its predictions for all {len(mnist.test.images)} test images {degree(asked.format)}")
    assert archive.signature
    print(f"signed with the key {archive.signature.key}")
    return 0


def measure(path: Path, mnist: "Dataset") -> None:
    """Write beside a bundle what training's images look like, and how many of the test ones it does not accept."""
    from model import bundle, reference
    from model.classifier import Classifier
    from model.files import replace

    accepted = Classifier(bundle.load(path)).predict(mnist.test.images).accepted
    found = reference.Reference.of(mnist.train.images, mnist.train.labels, accepted)
    replace(path.with_name(reference.FILE), found.content())


def up_to_date(asked: argparse.Namespace, release: record.Release) -> bool:
    """Whether the archive that is there is what would be built, and may be served."""
    try:
        return admission.admit(asked.out).inputs == record.inputs(asked.bundle, release)
    except admission.RefusedError:
        return False


def degree(format_: str) -> str:
    """What the gate has let through."""
    from model.golden import TOLERANCE

    if formats.FORMATS[format_].exact:
        return "equal training's, bit for bit"
    return f"are training's digits, with probabilities within {TOLERANCE:.0e}"


def shown(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


if __name__ == "__main__":
    sys.exit(main())
