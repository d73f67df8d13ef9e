"""Real models from PyPI packages: within 1e-4 of the original on 100 inputs, alone and with 64 clients.

silero-vad      several inputs; one is a state that each answer returns for the next request
facenet-pytorch a network from Python with its state_dict: images in, two tensors out
onnx            a graph with a fixed batch of 1
magika          bytes in, 214 labels, and an ONNX graph whose answers depend on the batch
"""

import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest

from serving import paths, version
from serving.archives.record import Archive
from serving.declared import build, folder, resolution
from serving.declared.resolution import Resolved
from tests.messages import png

from . import copies
from .conftest import Client

PACKAGES = next((paths.ROOT / ".venv-models" / "lib").glob("python3*/site-packages"), Path("missing"))
pytestmark = pytest.mark.skipif(not PACKAGES.exists(), reason="scripts/test makes .venv-models")
Array = npt.NDArray[Any]
COUNT = 100
WITHIN = 1e-4

SILERO = """[inputs.input]
shape = [576]
[inputs.sr]
value = 16000
"""
PNET = """network = "network.py:make"
weights = "pnet.pt"
[input]
image = { size = [12, 12], rescale_factor = 0.0078125, image_mean = [0.99609375] }
[output]
kind = "tensors"
names = ["box", "probability"]
"""
NETWORK = """from facenet_pytorch.models.mtcnn import PNet

def make():
    return PNet(pretrained=False)
"""
TENSORS = """[output]
kind = "tensors"
"""
MAGIKA = """batching = false
[output]
labels = "labels.txt"
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return a folder for each model, with files of its package."""
    root = tmp_path_factory.mktemp("real")
    magika = PACKAGES / "magika" / "models" / "standard_v3_3"
    light = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    labels = json.loads((magika / "config.min.json").read_text())["target_labels_space"]
    contents: dict[str, dict[str, bytes | str]] = {
        "silero": {"model.toml": SILERO, "vad.onnx": (PACKAGES / "silero_vad/data/silero_vad.onnx").read_bytes()},
        "pnet": {
            "model.toml": PNET,
            "network.py": NETWORK,
            "pnet.pt": (PACKAGES / "facenet_pytorch/data/pnet.pt").read_bytes(),
        },
        "squeezenet": {"model.toml": TENSORS, "light.onnx": (light / "light_squeezenet.onnx").read_bytes()},
        "magika": {
            "model.toml": MAGIKA,
            "labels.txt": "\n".join(labels),
            "magika.onnx": (magika / "model.onnx").read_bytes(),
        },
    }
    for name, files in contents.items():
        (root / name).mkdir()
        for file, content in files.items():
            (root / name / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    return {name: root / name for name in contents}


@pytest.fixture(scope="module")
def served(digits: Client, archive: Archive, folders: dict[str, Path]) -> Iterator[dict[str, Resolved]]:
    """Package all models, and register them at the node of the session."""
    sys.path.insert(0, str(PACKAGES))
    models = {name: resolution.resolve(folder.read(path)) for name, path in folders.items()}
    sys.path.remove(str(PACKAGES))
    with ExitStack() as registered:
        for name, resolved in models.items():
            build.build(resolved, archive.path.with_name(f"{name}.mar"), version.read())
            management = registered.enter_context(digits.server.manage(name))
            management.register(f"{name}.mar")
            registered.callback(management.unregister, version.read())
        yield models


def session(path: Path) -> Callable[..., list[Array]]:
    """Return a function that runs the original model, one example at a time."""
    original = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda **inputs: list(original.run(None, inputs))


def ask(client: Client, name: str, content: Any, kind: str = "application/json") -> Any:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    answer = client.http.post(f"/predictions/{name}", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 200, answer.text
    return answer.json()


def at_64_clients(send: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(64) as pool:
        return list(pool.map(send, range(COUNT)))


def test_what_is_derived(served: dict[str, Resolved]) -> None:
    stated = {name: resolved.declaration for name, resolved in served.items()}
    assert {tensor.name: tensor.axis for tensor in stated["silero"].inputs} == {"input": 0, "state": 1, "sr": None}
    assert {tensor.name: (tensor.shape, tensor.axis) for tensor in stated["silero"].outputs} == {
        "output": ((1,), 0),
        "stateN": ((2, 128), 1),
    }
    assert [tensor.name for tensor in stated["pnet"].outputs] == ["box", "probability"]
    assert {name: declaration.batched for name, declaration in stated.items()} == {
        "silero": True,
        "pnet": True,
        "squeezenet": False,
        "magika": False,
    }
    assert served["squeezenet"].figures.warnings == [
        "the graph takes one example at a time: it is served without batching"
    ]
    assert len(stated["magika"].labels) == 214


def test_silero_keeps_its_state(digits: Client, served: dict[str, Resolved], folders: dict[str, Path]) -> None:
    run = session(folders["silero"] / "vad.onnx")
    random, time = np.random.default_rng(8), np.arange(COUNT * 512 + 64) / 16000
    voice = np.sin(2 * np.pi * 150 * time) * np.sin(2 * np.pi * 3 * time) + random.normal(size=len(time)) * 0.05
    windows = np.stack([voice[start : start + 576] for start in range(0, COUNT * 512, 512)]).astype(np.float32)
    states, levels = [np.zeros((2, 1, 128), np.float32)], []
    for window in windows:
        level, state = run(input=window[None], state=states[-1], sr=np.array(16000))
        states.append(state)
        levels.append(level[0])
    assert np.ptp(levels) > 0.1

    own: Any = states[0][:, 0].tolist()
    for window, expected in zip(windows, levels, strict=True):  # the state goes from one request to the next
        (answer,) = ask(digits, "silero", {"instances": [{"input": window.tolist(), "state": own}]})["predictions"]
        np.testing.assert_allclose(answer["output"], expected, atol=WITHIN)
        own = answer["stateN"]
    np.testing.assert_allclose(own, states[-1][:, 0], atol=WITHIN)

    def send(index: int) -> Any:
        tensors = {"input": windows[index : index + 1], "state": states[index]}
        inputs = [
            {"name": name, "shape": array.shape, "datatype": "FP32", "data": array.ravel().tolist()}
            for name, array in tensors.items()
        ]
        return ask(digits, "silero", {"inputs": inputs})["outputs"]

    for index, (level, state) in enumerate(at_64_clients(send)):
        assert state["shape"] == [2, 1, 128]
        np.testing.assert_allclose(level["data"], levels[index], atol=WITHIN)
        np.testing.assert_allclose(state["data"], states[index + 1].ravel(), atol=WITHIN)


def test_pnet_finds_boxes_in_images(digits: Client, served: dict[str, Resolved]) -> None:
    import torch

    sys.path.insert(0, str(PACKAGES))
    from facenet_pytorch.models.mtcnn import PNet

    sys.path.remove(str(PACKAGES))
    images = np.random.default_rng(9).integers(0, 256, (COUNT, 12, 12, 3)).astype(np.uint8)
    network = PNet(pretrained=True).eval()
    scaled = (torch.from_numpy(images).permute(0, 3, 1, 2).float() - 127.5) * 0.0078125
    with torch.inference_mode():
        expected = [[output[0].numpy() for output in network(image[None])] for image in scaled]

    def send(index: int) -> Any:
        return ask(digits, "pnet", png(images[index]), "image/png")

    for answers in ([send(index) for index in range(COUNT)], at_64_clients(send)):
        for answer, (box, probability) in zip(answers, expected, strict=True):
            np.testing.assert_allclose(answer["box"], box, atol=WITHIN)
            np.testing.assert_allclose(answer["probability"], probability, atol=WITHIN)


def test_a_graph_with_a_fixed_batch(digits: Client, served: dict[str, Resolved], folders: dict[str, Path]) -> None:
    run = session(folders["squeezenet"] / "light.onnx")
    images = np.random.default_rng(10).normal(size=(COUNT, 3, 224, 224)).astype(np.float32)
    expected = [run(data_0=image[None])[0][0] for image in images]

    def send(index: int) -> Any:
        return ask(digits, "squeezenet", images[index].tobytes(), "application/octet-stream")["softmaxout_1"]

    for answers in ([send(index) for index in range(COUNT)], at_64_clients(send)):
        np.testing.assert_allclose(answers, expected, atol=WITHIN)


def test_magika_labels_files(digits: Client, served: dict[str, Resolved], folders: dict[str, Path]) -> None:
    run = session(folders["magika"] / "magika.onnx")
    sources = [paths.ROOT / name for name in sorted(copies.tracked_files())]
    chosen = [path for path in sources if path.suffix in (".py", ".md", ".json", ".lua", ".yaml", ".toml")]
    features = np.stack([bytes_of(path.read_bytes()) for path in chosen[:: max(1, len(chosen) // COUNT)][:COUNT]])
    assert len(features) == COUNT
    expected = [run(bytes=row[None])[0][0] for row in features]

    def send(index: int) -> Any:
        return ask(digits, "magika", {"x": features[index].tolist()})

    for answers in ([send(index) for index in range(COUNT)], at_64_clients(send)):
        np.testing.assert_allclose([answer["probabilities"] for answer in answers], expected, atol=WITHIN)
    labels = [answer["label"] for path, answer in zip(chosen[:: len(chosen) // COUNT], answers, strict=False)]
    assert labels.count("python") > COUNT // 3


def bytes_of(content: bytes) -> Array:
    """Return magika's input: the first and the last 1,024 bytes without surrounding white space, filled with 256."""
    first, last = content[:4096].lstrip()[:1024], content[-4096:].rstrip()[-1024:]
    filled = [*first, *[256] * (1024 - len(first)), *[256] * (1024 - len(last)), *last]
    return np.array(filled, np.int32)
