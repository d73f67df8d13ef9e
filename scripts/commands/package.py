"""Build, seal, prove and sign an archive for TorchServe."""

import argparse
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from inference.samples import FILE as SAMPLES
from inference.samples import Samples
from scripts.output import report, shown
from scripts.threads import wait_asleep
from serving import paths
from serving.archives import admission, formats, record, samples
from serving.archives.package import ModelPackage
from serving.declared.folder import FILE
from serving.errors import UserError
from serving.node import deployment

if TYPE_CHECKING:
    from inference.bundle import Bundle


def run(args: argparse.Namespace) -> None:
    if not args.init and not args.folder and (args.bundle / FILE).is_file():  # a model that was trained on pictures
        args.folder = args.bundle
    if args.folder or args.init:
        declared(args)
        return
    if args.reference:
        raise UserError("--reference needs the folder of an own model")
    bundle = args.bundle / paths.BUNDLE.name if args.bundle.is_dir() else args.bundle
    if not bundle.is_file():
        raise UserError(f"there is no bundle {bundle}: name a model.safetensors, or run scripts/train first")
    deployment.check_version(args.version)
    package = ModelPackage(args.model)
    loaded = checked(bundle, package)
    name = args.name or loaded.metadata.name
    release = record.Release(args.version, args.format or formats.default(loaded), name)
    out = destination(args, release.named(package))
    if args.if_stale and is_of(out, record.inputs(package, bundle, release)):
        return
    from serving.archives import signing
    from serving.archives.archive import build
    from training.errors import DataError

    signing.check_key()
    try:
        proof = proving(package, bundle, loaded)
        archive = build(package, bundle, proof, out, release)
    except DataError as error:
        raise UserError(str(error)) from error
    print(f"{archive.sha256}  {shown(out)}")
    print(f"parity: its predictions for all {len(proof.rows)} test examples {degree(release.format)}")
    assert archive.signature
    print(f"signed with the key {archive.signature.key}")


def declared(args: argparse.Namespace) -> None:
    """Package the folder of the user's own model, or write its first model.toml."""
    from serving.archives import signing
    from serving.declared import build, folder, packaging_lines, resolution, scaffold, staleness
    from serving.declared.errors import DeclarationError

    wait_asleep()
    if args.folder is None:
        raise UserError("--init needs the folder of a model")
    if args.init:
        print(scaffold.write(args.folder), end="")
        try:
            resolution.resolve(folder.read(args.folder))
        except DeclarationError as error:
            report(f"scripts/package needs a change: {error}")
        return
    deployment.check_version(args.version)
    if args.reference and not args.reference.exists():
        raise UserError(f"there is no training data {args.reference}")
    own = folder.read(args.folder, args.name)
    out = destination(args, own.name)
    if args.if_stale and is_of(out, staleness.inputs(own, args.version, args.reference)):
        return
    signing.check_key()
    resolved = resolution.resolve(own, args.reference)
    archive = build.build(resolved, out, args.version)
    print(*packaging_lines.lines(resolved, archive, str(shown(out))), sep="\n")


def checked(path: Path, package: ModelPackage) -> "Bundle":
    """Return the bundle in a file. Raises UserError if it is no bundle of the package's model."""
    from inference import bundle

    try:
        return bundle.load(path, package.spec)
    except ValueError as error:
        raise UserError(f"{error}; scripts/train writes bundles, and a state_dict is not one") from error


def proving(package: ModelPackage, path: Path, loaded: "Bundle") -> Samples:
    """Return samples to prove the archive with: the samples beside its bundle, or MNIST's test images."""
    beside = path.with_name(SAMPLES)
    if beside.exists() or package.folder.resolve() != paths.MODEL:
        return samples.load(beside, loaded.spec.input)
    from training.digits import data
    from training.evaluation import reference

    if loaded.spec.output != package.spec.output or loaded.metadata.data not in ({}, data.MD5):
        raise UserError(f"{path} was not trained on MNIST, and its test set {beside} is missing: train it again")
    mnist = data.load()
    reference.write(loaded, mnist.train, mnist.test, path.parent)
    return Samples(mnist.test.images, mnist.test.labels)


def destination(args: argparse.Namespace, name: str) -> Path:
    """Return where the archive of a model is written. Raises UserError for a folder."""
    out: Path = args.out or paths.archive(name)
    if out.is_dir():
        raise UserError(f"{out} is a folder: name the archive with --out FILE.mar")
    return out


def is_of(out: Path, inputs: str) -> bool:
    """Return whether the archive that is there was built of these inputs, and may be served; if so, say it."""
    with suppress(admission.RefusedError):
        if admission.admit(out).inputs == inputs:
            print(f"{shown(out)} is up to date")
            return True
    return False


def degree(format_: str) -> str:
    """Return the result of the parity gate in words."""
    from inference.golden import TOLERANCE

    if formats.FORMATS[format_].exact:
        return "equal training's, bit for bit"
    return f"are training's labels, with probabilities within {TOLERANCE:.0e}"
