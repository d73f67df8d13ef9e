"""The gates of a rollout, and the lines of a JVM's stacks that count as work. tests/live/changes rolls out."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from serving.archives import samples
from serving.archives.record import Archive
from serving.changes.comparison import Comparison, Side
from serving.changes.gates import Gates
from serving.changes.likeness import Agreement
from serving.torchserve import stacks

LIVE = Side("1.0", 0.990, 0.002, 0.004)
ALIKE = Comparison(LIVE, replace(LIVE, version="2.0"), 1000, Agreement(1.0, 0.0))

WORKS = """"W-9000-digits_1.0" #16 prio=5 os_prio=0 waiting on condition
	at java.util.concurrent.ArrayBlockingQueue.poll(ArrayBlockingQueue.java:435)
	at org.pytorch.serve.wlm.WorkerThread.run(WorkerThread.java:228)"""
IDLE = """"W-9000-digits_1.0" #16 prio=5 os_prio=0 waiting on condition
	at org.pytorch.serve.wlm.Model.pollBatch(Model.java:482)
	at org.pytorch.serve.wlm.BatchAggregator.getRequest(BatchAggregator.java:36)
	at org.pytorch.serve.wlm.WorkerThread.run(WorkerThread.java:195)"""
POOLED = """"W-9000-digits_1.0" #16 prio=5 os_prio=0 waiting on condition
	at java.util.concurrent.ThreadPoolExecutor.getTask(ThreadPoolExecutor.java:1061)"""
ARRIVING = """"epollEventLoopGroup-3-1" #33 prio=5 os_prio=0 runnable
	at java.util.concurrent.LinkedBlockingDeque.offer(LinkedBlockingDeque.java:400)
	at org.pytorch.serve.wlm.Model.addJob(Model.java:260)
	at org.pytorch.serve.wlm.ModelManager.addJob(ModelManager.java:560)"""


def test_a_version_that_is_alike_passes() -> None:
    assert ALIKE.failures(Gates()) == []


@pytest.mark.parametrize(
    ("compared", "sentence"),
    [
        (replace(ALIKE, likeness=Agreement(0.9, 1.0)), "agreement is 90.00%, and 99.00% is wanted"),
        (
            replace(ALIKE, new=Side("2.0", 0.987, 0.002, 0.004)),
            "accuracy is 98.70%, 0.30% under the live one's, and 0.20% is allowed",
        ),
        (replace(ALIKE, new=Side("2.0", 0.99, 0.002, 0.0071)), "latency p95 is 7.10 ms, and 7.00 ms is allowed"),
    ],
)
def test_a_gate_that_fails_says_so_with_figures(compared: Comparison, sentence: str) -> None:
    assert compared.failures(Gates()) == [sentence]


@pytest.mark.parametrize(
    "new", [Side("2.0", 0.999, 0.001, 0.002), Side("2.0", 0.989, 0.002, 0.0069), Side("2.0", None, 0.002, 0.004)]
)
def test_what_is_better_or_within_bounds_passes(new: Side) -> None:
    assert replace(ALIKE, new=new).failures(Gates()) == []


def test_all_that_fails_is_told() -> None:
    worse = replace(ALIKE, likeness=Agreement(0.1, 1.0), new=Side("2.0", 0.1, 1.0, 1.0))
    assert len(worse.failures(Gates())) == 3


def test_an_archive_tells_its_golden_samples(built: Archive) -> None:
    images, expected = samples.read_golden(Path(built.path))
    assert [*expected] == ["probabilities"]
    probabilities = expected["probabilities"]
    assert images.shape == (32, 28, 28)
    assert images.dtype == np.uint8
    assert probabilities.shape == (32, 10)
    assert np.allclose(probabilities.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("stack", "version", "works"),
    [
        (WORKS, "digits_1.0", True),
        (WORKS, "digits_1", False),
        (WORKS, "digits_1.0.1", False),
        (WORKS.replace("digits_1.0", "explainer_1.0"), "digits_1.0", False),
        (IDLE, "digits_1.0", False),
        (POOLED, "digits_1.0", False),
        (ARRIVING, "digits_1.0", True),
    ],
)
def test_what_counts_as_work_of_a_version(stack: str, version: str, works: bool) -> None:
    assert stacks.holds_work(stack, version) == works
