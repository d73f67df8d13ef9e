"""Download the weights of P-Net and cut two samples from a photograph: python examples/face/make.py [FOLDER]

The weights are in the package facenet-pytorch. pip downloads it and checks its sha256, but does not install it.
The photograph of Grace Hopper comes with matplotlib.
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import matplotlib
from PIL import Image

LOCK = Path(__file__).parents[2] / "requirements" / "face.txt"
CROPS = {"face.png": (150, 120, 380, 350), "sleeve.png": (0, 380, 150, 530)}  # left, top, right, bottom


def weights() -> bytes:
    """Return the file with the state_dict of P-Net."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--dest", folder]
        command = [sys.executable, "-m", "pip", "download", *options, "--requirement", str(LOCK)]
        subprocess.run(command, check=True, timeout=300)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return archive.read("facenet_pytorch/data/pnet.pt")


if __name__ == "__main__":
    place = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
    (place / "pnet.pt").write_bytes(weights())
    (place / "samples").mkdir(exist_ok=True)
    with Image.open(Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg") as photograph:
        for name, box in CROPS.items():
            photograph.crop(box).save(place / "samples" / name)
    print(f"{place}: pnet.pt and {' and '.join(f'samples/{name}' for name in CROPS)}")
