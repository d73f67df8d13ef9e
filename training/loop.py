"""The training loop."""

import logging
import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as nnf
from torch import Tensor
from tqdm import tqdm

from model.network import MLP, to_input
from training.checkpoint import Checkpoint, Epoch
from training.dataset import Examples
from training.optimizers import eager
from training.presets import Preset

_THREADS = 2  # fixed: sums are split by thread, so another number would give other last digits
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fitted:
    """A trained network, in evaluation mode and not yet folded, and how it came about.

    images  seen in one epoch: whole batches of the training set
    """

    network: MLP
    history: list[Epoch]
    images: int


def fit(preset: Preset, train: Examples, validation: Examples, seed: int, checkpoint: Checkpoint) -> Fitted:
    """Train a network, going on from the checkpoint if it holds this run.

    train, validation  images uint8 (n, 28, 28) and labels 0..9, at least 2 and 1 of them
    The same arguments on the same machine give the same weights, byte for byte, interrupted or not.
    """
    torch.set_num_threads(_THREADS)
    torch.set_deterministic_debug_mode("error")  # as use_deterministic_algorithms, without importing the compiler
    torch.manual_seed(seed)
    network = MLP(preset.sizes, batch_norm=preset.batch_norm, dropout=preset.dropout)
    loop = _Loop(preset, network, train, validation, seed)
    history = checkpoint.restore(network, loop.optimizer)
    if history:
        _log.info("going on after epoch %d of %d", len(history), preset.epochs)
    with _bar(preset.epochs * loop.seen, len(history) * loop.seen) as bar:
        for number in range(len(history), preset.epochs):
            history.append(loop.epoch(number, bar))
            checkpoint.save(network, loop.optimizer, history)
            _tell(bar, number + 1, preset.epochs, history[-1])
    return Fitted(network.eval(), history, loop.seen)


class _Loop:
    """One network, its optimizer and its data as tensors."""

    def __init__(self, preset: Preset, network: MLP, train: Examples, validation: Examples, seed: int) -> None:
        self._preset, self._network, self._seed = preset, network, seed
        self._pixels, self._labels = _tensors(train)
        self._validation = _tensors(validation)
        self._batch = min(preset.batch, len(train))
        self._steps = len(train) // self._batch  # a last, smaller batch is left out; each epoch leaves out others
        self.seen = self._steps * self._batch
        self.optimizer = _optimizer(network, preset)

    def epoch(self, number: int, bar: Any) -> Epoch:
        """Pass number ``number`` over the training set, in an order and with distortions of its own."""
        start = time.perf_counter()
        torch.manual_seed((self._seed + 1) * 100_003 + number)  # no epoch depends on earlier draws: it can be resumed
        self._network.train()
        order = torch.randperm(len(self._labels))[: self.seen].view(self._steps, self._batch)
        losses = [self._step(index, number * self._steps + step, bar) for step, index in enumerate(order.unbind())]
        loss = sum(losses) / len(losses)
        return Epoch(loss, self._validated(), time.perf_counter() - start)

    def _step(self, index: Tensor, step: int, bar: Any) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate(step)
        pixels = self._pixels.index_select(0, index)  # half the time of self._pixels[index]
        logits = self._network(self._preset.augmentation(pixels))  # (batch, 10)
        loss = nnf.cross_entropy(logits, self._labels[index], label_smoothing=self._preset.label_smoothing)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        bar.update(len(index))
        return loss.item()

    def _rate(self, step: int) -> float:
        return self._preset.learning_rate * one_cycle(step / (self._preset.epochs * self._steps), self._preset.warm_up)

    @torch.no_grad()
    def _validated(self) -> float:
        pixels, labels = self._validation
        right = self._network.eval()(pixels).argmax(dim=1) == labels
        return float(right.double().mean())


def one_cycle(progress: float, warm_up: float) -> float:
    """The learning rate as a fraction of its peak, at ``progress`` 0..1 (Smith and Topin, 2018); 1 without warm-up."""
    if not warm_up:
        return 1.0
    if progress < warm_up:
        return progress / warm_up
    return 0.5 + 0.5 * math.cos(math.pi * (progress - warm_up) / (1.0 - warm_up))


def _optimizer(network: MLP, preset: Preset) -> torch.optim.Optimizer:
    matrices = [weight for weight in network.parameters() if weight.ndim > 1]
    others = [weight for weight in network.parameters() if weight.ndim < 2]
    groups = [{"params": matrices, "weight_decay": preset.weight_decay}, {"params": others, "weight_decay": 0.0}]
    optimizer: torch.optim.Optimizer = eager(torch.optim.AdamW)(groups, lr=preset.learning_rate, fused=True)
    return optimizer


def _tensors(examples: Examples) -> tuple[Tensor, Tensor]:
    """Pixels float32 (n, 784) and labels int64 (n,)."""
    return to_input(examples.images), torch.from_numpy(examples.labels.astype(np.int64))


def _bar(total: int, done: int) -> Any:
    """Images done, images a second and time left; drawn on a terminal only."""
    return tqdm(total=total, initial=done, unit=" images", unit_scale=True, disable=None, dynamic_ncols=True)


def _tell(bar: Any, number: int, epochs: int, epoch: Epoch) -> None:
    accuracy = f"{100 * epoch.validation_accuracy:.2f} %"
    bar.set_description(f"epoch {number}/{epochs}")
    bar.set_postfix_str(f"loss {epoch.loss:.4f}, validation {accuracy}")
    if bar.disable:
        _log.info("epoch %d/%d: loss %.4f, validation %s, %.1f s", number, epochs, epoch.loss, accuracy, epoch.seconds)
