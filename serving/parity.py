"""The parity gate: an archive must predict exactly as the classifier that was trained."""

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from model.classifier import Classifier
from model.pixels import Images

Labels = npt.NDArray[np.integer]

# Runs inside the unpacked archive and knows nothing of the repository but arrays in and out.
_PREDICT = """
import sys
import numpy, torch
from pathlib import Path
from model import bundle
from model.classifier import Classifier
torch.set_num_threads(1)
classifier = Classifier(bundle.load(Path(bundle.WEIGHTS)))
numpy.save(sys.argv[2], classifier.predict(numpy.load(sys.argv[1])).probabilities)
"""


class ParityError(Exception):
    """An archive that does not predict what it should."""


def check_parity(archive: Path, classifier: Classifier, images: Images, labels: Labels, work: Path) -> None:
    """Unpack the archive under ``work``, predict with it in a process of its own, and compare.

    Raises ParityError if one probability of one image (n, 28, 28) differs in one bit, or if the accuracy on the
    labels (n,) is not the bundle's ``test_accuracy``.
    """
    expected = classifier.predict(images).probabilities
    found = _predicted_by(archive, images, work)
    differing = int((found != expected).any(axis=1).sum())
    if differing:
        raise ParityError(f"the archive's probabilities differ from training's on {differing} of {len(images)} images")
    accuracy = float((found.argmax(axis=1) == labels).mean())
    claimed = classifier.bundle.metadata.metrics.get("test_accuracy")
    if accuracy != claimed:
        raise ParityError(f"the archive's accuracy is {accuracy}, the bundle claims {claimed}")


def _predicted_by(archive: Path, images: Images, work: Path) -> npt.NDArray[np.float32]:
    unpacked, given, found = work / "unpacked", work / "images.npy", work / "probabilities.npy"
    with zipfile.ZipFile(archive) as file:
        file.extractall(unpacked)
    np.save(given, images)
    subprocess.run([sys.executable, "-c", _PREDICT, str(given), str(found)], check=True, cwd=unpacked)
    probabilities: npt.NDArray[np.float32] = np.load(found)
    return probabilities
