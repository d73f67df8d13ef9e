"""Archive: a bundle and its code, sealed in a .mar file that any TorchServe 0.12 loads."""

import tempfile
from pathlib import Path

from inference import bundle, drift, golden
from inference.classifier import Classifier
from inference.samples import Samples
from serving.archives import assembly, conversion, interfaces, parity, record
from serving.archives.formats import FORMATS
from serving.archives.package import Package
from serving.archives.record import Archive, Release
from serving.openapi import interface

DEFAULT = Release()
_GOLDEN_SAMPLES = 32


def build(package: Package, bundle_path: Path, samples: Samples, path: Path, release: Release = DEFAULT) -> Archive:
    """Build, seal, check and sign the archive at ``path``. The same inputs give the same bytes.

    samples  the whole test set; the first 32 become the golden samples

    A reference in the bundle's folder is added to the archive. After an error nothing is written. Raises UserError if
    packages for the format are missing, or if the package or its name is invalid; ParityError if the archive gives
    other probabilities than this repository's code, or another accuracy than the bundle claims; SealError if it would
    contain a forbidden file; and SigningError if there is no key to sign it.
    """
    inputs = record.inputs(package, bundle_path, release)
    with tempfile.TemporaryDirectory(prefix="archive-") as temporary:
        sealed, classifier = pack(package, bundle_path, samples, Path(temporary), release)
        parity.compare(sealed, classifier, samples, exact=FORMATS[release.format].exact).require()
        content = sealed.read_bytes()
    return assembly.publish(content, path, inputs, release.named(package), release.version)


def pack(
    package: Package, bundle_path: Path, samples: Samples, work: Path, release: Release
) -> tuple[Path, Classifier]:
    """Return the sealed archive, made in the empty folder ``work``, and a classifier to check it against."""
    import torch  # noqa: PLC0415 - torch is slow to import, and some importers do not need it

    torch.set_num_threads(1)  # as in a worker, because results depend on the number of threads
    loaded = bundle.load(bundle_path, package.spec)
    classifier = Classifier(loaded)
    files = {**conversion.files(release.format, loaded)}
    rows = samples.rows[:_GOLDEN_SAMPLES]
    files[golden.FILE] = golden.record(rows, classifier.predict(rows))
    platform = FORMATS[release.format].platform
    described = interfaces.of(classifier, samples.rows, release.named(package), release.version, platform)
    files[interface.FILE] = described.content()
    measured = bundle_path.with_name(drift.FILE)
    if measured.exists():
        files[drift.FILE] = measured.read_bytes()
    files[bundle.WEIGHTS] = bundle_path.read_bytes()
    sealed = assembly.assemble(record.sources(package) | files, release.named(package), release.version, work)
    return sealed, classifier
