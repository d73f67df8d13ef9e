"""Arithmetic limit: throughput of the served network in this process, without a server."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from benchmarks import bodies
from inference import bundle, runtimes
from inference.classifier import Classifier
from model import SPEC
from serving import paths
from serving.archives import formats

BATCHES = (1, 256, 512, 1024, 2048, 4096, 8192)
THREADS = (1, 2)
_WARM_UPS = 3


def sweep(seconds: float) -> list[dict[str, Any]]:
    """Return the images per second by way, batch size and threads. Each is measured for at least ``seconds``.

    classifier  way from uint8 images to digits and probabilities, as in a worker; the runtime chooses its threads
    network     way from float32 pixels to logits in PyTorch, mostly matrix products
    """
    loaded = bundle.load(paths.BUNDLE, SPEC)
    classifier = Classifier(loaded, runtime=runtimes.in_memory(formats.DEFAULT, loaded))
    return [
        {"way": way, "batch": batch, "threads": threads, "rate": batch * _calls_a_second(call, threads, seconds)}
        for threads in THREADS
        for batch in BATCHES
        for way, call in _ways(classifier, batch).items()
    ]


def _ways(classifier: Classifier, batch: int) -> dict[str, Callable[[], object]]:
    images = np.resize(bodies.samples().images, (batch, 28, 28))
    pixels = torch.from_numpy(images.reshape(batch, -1).astype(np.float32) / 255)
    network = classifier.bundle.network
    return {"classifier": lambda: classifier.predict(images), "network": lambda: network(pixels)}


@torch.inference_mode()
def _calls_a_second(call: Callable[[], object], threads: int, seconds: float) -> float:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        for _ in range(_WARM_UPS):
            call()
        began, calls = time.perf_counter(), 0
        while (spent := time.perf_counter() - began) < seconds:
            call()
            calls += 1
        return calls / spent
    finally:
        torch.set_num_threads(before)
