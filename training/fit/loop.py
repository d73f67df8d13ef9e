"""Training loop."""

import copy
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as nnf
from torch import Tensor, nn
from tqdm import tqdm

from model.network import MLP, to_input
from model.pixels import Images
from training.data.dataset import Examples
from training.fit import losses, optimizers
from training.fit.average import Average
from training.fit.checkpoint import Checkpoint, Epoch, State
from training.fit.distributed import ALONE, ProcessGroup
from training.fit.presets import Preset

Watch = Callable[[int, Epoch], None]
Outliers = Callable[[Examples], Images]  # makes images of no class for the training set

_THREADS = 2  # fixed, because sums are split by thread: another number would change the last bits
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Form:
    """Kind of a network, and the format of its input.

    build     makes an untrained network from a preset and a number of classes
    to_input  converts uint8 images (n, *shape) to float32 0..1: (n, pixels), or (n, channels, height, width)
    padding   padding mode of grid_sample for distorted images
    """

    build: Callable[[Preset, int], nn.Module]
    to_input: Callable[[Images], Tensor]
    padding: str = "zeros"


def _mlp(preset: Preset, classes: int) -> MLP:
    return MLP(preset.sizes(classes), batch_norm=preset.batch_norm, dropout=preset.dropout)


FLAT = Form(_mlp, to_input)


@dataclass(frozen=True)
class Fitted:
    """A trained network in evaluation mode, not yet folded, and its history.

    images  number of training images in one epoch; a last, smaller batch does not count
    """

    network: nn.Module
    history: list[Epoch]
    images: int

    @property
    def mlp(self) -> MLP:
        """Return the network if its form is FLAT."""
        assert isinstance(self.network, MLP)
        return self.network


def fit(  # noqa: PLR0913 - one argument per setting
    preset: Preset,
    train: Examples,
    validation: Examples,
    seed: int,
    checkpoint: Checkpoint | None = None,
    *,
    watch: Watch | None = None,
    threads: int = _THREADS,
    progress: bool = True,
    group: ProcessGroup = ALONE,
    classes: int | None = None,
    outliers: Outliers | None = None,
    form: Form = FLAT,
) -> Fitted:
    """Train a network. Resume from the checkpoint if it is of this training.

    train, validation  images uint8 (n, *shape) and labels, at least 2 and 1 of them
    watch              is called after each epoch with its number, from 1; an exception in it ends the training
    progress           draws a progress bar, or logs a line for each epoch if there is no terminal
    group              processes that train together, each with the same arguments
    classes            number of outputs; None: as many as the labels need
    outliers           makes the images of no class for ``preset.outliers``; None: the training has none
    form               kind of the network
    The same arguments on the same machine give the same weights, byte for byte, interrupted or not.
    """
    classes = classes or 1 + int(max(train.labels.max(), validation.labels.max()))
    torch.set_num_threads(threads)
    torch.set_deterministic_debug_mode("error")  # imports no compiler, unlike use_deterministic_algorithms
    torch.manual_seed(seed)
    others = outliers(train) if outliers and preset.outliers else train.images[:0]
    loop = _Loop(preset, train, validation, others, classes, seed, group, form)
    restored = group.broadcast(checkpoint.restore() if checkpoint and group.is_main else None)
    history = loop.resume(*restored) if restored else []
    if history and progress:
        _log.info("resuming after epoch %d of %d", len(history), preset.epochs)
    with _bar(preset.epochs * loop.seen, len(history) * loop.seen, shown=progress and group.is_main) as bar:
        while len(history) < preset.epochs and not _is_over(history, preset.patience):
            history.append(loop.epoch(len(history), bar))
            if checkpoint and group.is_main:
                checkpoint.save(loop.state(), history)
            if progress and group.is_main:
                _report(bar, len(history), preset.epochs, history[-1])
            if watch:
                watch(len(history), history[-1])
    return Fitted(loop.result().eval(), history, loop.seen)


class _Loop:
    """State of a training: network, optimizer, and data as tensors."""

    def __init__(  # noqa: PLR0913, PLR0917
        self,
        preset: Preset,
        train: Examples,
        validation: Examples,
        others: Images,
        classes: int,
        seed: int,
        group: ProcessGroup,
        form: Form,
    ) -> None:
        self._preset, self._seed, self._group, self._padding = preset, seed, group, form.padding
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._network = form.build(preset, classes).to(self._device)
        self._stepper = optimizers.of(self._network, preset)
        self._average = Average(self._network, preset.average) if preset.average else None
        self._best: tuple[float, State] | None = None
        self._loss = losses.LOSSES[preset.loss]
        self._pixels, labels = _tensors(train, form)
        self._targets = losses.targets(labels, classes, preset.label_smoothing)
        self._validation = _tensors(validation, form)
        self._outliers = form.to_input(others)
        self._batch = min(preset.batch, len(train))
        self._steps = len(train) // self._batch  # a last, smaller batch is left out: other images in each epoch
        self.seen = self._steps * self._batch

    def epoch(self, number: int, bar: Any) -> Epoch:
        """Train for one epoch. Its ``number``, from 0, decides the order and the distortions of the images."""
        start = time.perf_counter()
        torch.manual_seed((self._seed + 1) * 100_003 + number)  # independent of earlier draws: can be resumed
        self._network.train()
        order = torch.randperm(len(self._pixels))[: self.seen].view(self._steps, self._batch)
        if self._group.size > 1:  # all processes share the order; each has its own distortions
            torch.manual_seed(torch.initial_seed() + 1_000_003 * (1 + self._group.rank))
        loss = self._descend(number, order, bar)
        for network in dict.fromkeys((self._network, self._current())):  # each process has other statistics
            self._group.average([buffer for buffer in network.buffers() if buffer.is_floating_point()])
        validation_loss, accuracy = self._validated()
        if self._preset.patience and (self._best is None or accuracy > self._best[0]):
            self._best = accuracy, copy.deepcopy(self._current().state_dict())
        return Epoch(loss, validation_loss, accuracy, time.perf_counter() - start)

    def _descend(self, number: int, order: Tensor, bar: Any) -> float:
        """Take one step for each batch, or for bgd one step with the gradient of all. Return the mean loss."""
        is_whole, total = self._preset.optimizer == "bgd", 0.0
        for place, index in enumerate(order.unbind()):
            total += self._gradient(index, 1.0 / self._steps if is_whole else 1.0, bar)
            if not is_whole:
                self._step(number * self._steps + place, self._preset.epochs * self._steps)
        if is_whole:
            self._step(number, self._preset.epochs)
        return total / self._steps

    def _gradient(self, index: Tensor, weight: float, bar: Any) -> float:
        """Add ``weight`` times the gradient of one batch to the present gradient. Return the loss of the batch."""
        share = self._group.share(index)
        pixels, wanted = self._examples(share)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._preset.precision == "bfloat16"):
            logits = self._network(pixels)  # (batch, 10)
        loss = self._loss(logits.float(), wanted)
        loss = loss + losses.penalty(self._stepper.matrices, self._preset.l1, self._preset.l2)
        part = weight * self._group.size * len(share) / len(index)  # shares may differ by one image
        (loss * part).backward()  # type: ignore[no-untyped-call]
        bar.update(len(index))
        return loss.item()

    def _examples(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """Return augmented pixels of the examples and then of the outliers, and their targets (n, classes)."""
        pixels = self._pixels.index_select(0, index)  # takes half the time of self._pixels[index]
        wanted = self._targets[index]
        if len(self._outliers):
            chosen = torch.randint(len(self._outliers), (round(self._preset.outliers * len(index)),))
            pixels = torch.cat([pixels, self._outliers.index_select(0, chosen)])
            wanted = torch.cat([wanted, torch.full((len(chosen), wanted.shape[1]), 1.0 / wanted.shape[1])])
        return self._preset.augmentation(pixels, self._padding).to(self._device), wanted.to(self._device)

    def _step(self, step: int, steps: int) -> None:
        if self._group.size > 1:
            self._group.average([weight.grad for weight in self._network.parameters() if weight.grad is not None])
        self._stepper.step(self._preset.learning_rate * one_cycle(step / steps, self._preset.warm_up))
        self._stepper.optimizer.zero_grad()
        if self._average:
            self._average.update(step)

    def _current(self) -> nn.Module:
        return self._average.network if self._average else self._network

    @torch.no_grad()
    def _validated(self) -> tuple[float, float]:
        """Return the loss and the accuracy on the validation set."""
        pixels, labels = (tensor.to(self._device) for tensor in self._validation)
        logits = self._current().eval()(pixels)
        right = logits.argmax(dim=1) == labels
        return float(nnf.cross_entropy(logits, labels)), float(right.double().mean())

    def result(self) -> nn.Module:
        """Return the trained network on the CPU: the best epoch if there is a patience, otherwise the last."""
        result = self._current().cpu()
        if self._best:
            result.load_state_dict(self._best[1])
        return result

    def state(self) -> State:
        """Return the state that the next epoch depends on."""
        return {
            "network": self._network.state_dict(),
            "optimizer": self._stepper.optimizer.state_dict(),
            "average": self._average.network.state_dict() if self._average else None,
            "best": self._best,
        }

    def resume(self, state: State, history: list[Epoch]) -> list[Epoch]:
        """Load a saved state, and return its history."""
        self._network.load_state_dict(state["network"])
        self._stepper.optimizer.load_state_dict(state["optimizer"])
        if self._average:
            self._average.network.load_state_dict(state["average"])
        self._best = state["best"]
        return history


def one_cycle(progress: float, warm_up: float) -> float:
    """Return the share of the peak learning rate at ``progress`` 0..1 (Smith and Topin, 2018); 1 without warm-up."""
    if not warm_up:
        return 1.0
    if progress < warm_up:
        return progress / warm_up
    return 0.5 + 0.5 * math.cos(math.pi * (progress - warm_up) / (1.0 - warm_up))


def _is_over(history: list[Epoch], patience: int) -> bool:
    """Return whether the best validation accuracy is ``patience`` epochs old. Of equals, the first counts."""
    if not patience or not history:
        return False
    accuracies = [epoch.validation_accuracy for epoch in history]
    return len(history) - 1 - accuracies.index(max(accuracies)) >= patience


def _tensors(examples: Examples, form: Form) -> tuple[Tensor, Tensor]:
    """Return the input of the network, and labels int64 (n,)."""
    return form.to_input(examples.images), torch.from_numpy(examples.labels.astype(np.int64))


def _bar(total: int, done: int, *, shown: bool) -> Any:
    """Return a progress bar of images. It is drawn on a terminal only."""
    disable = None if shown else True
    return tqdm(total=total, initial=done, unit=" images", unit_scale=True, disable=disable, dynamic_ncols=True)


def _report(bar: Any, number: int, epochs: int, epoch: Epoch) -> None:
    accuracy = f"{100 * epoch.validation_accuracy:.2f} %"
    bar.set_description(f"epoch {number}/{epochs}")
    bar.set_postfix_str(f"loss {epoch.loss:.4f}, validation {accuracy}")
    if bar.disable:
        _log.info("epoch %d/%d: loss %.4f, validation %s, %.1f s", number, epochs, epoch.loss, accuracy, epoch.seconds)
