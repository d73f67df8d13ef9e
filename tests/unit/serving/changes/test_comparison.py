"""Comparison of two versions, and requests to a server."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
import orjson
import pytest
from numpy.typing import NDArray

from inference import golden
from inference.http_message import Identity, Message
from inference.protocols import Decoder, Template
from inference.results import Arrays, distance
from inference.samples import Samples
from model.pixels import Images
from serving.archives import samples
from serving.archives.samples import Golden, Probabilities
from serving.changes import comparison, likeness
from serving.changes.comparison import Comparison, PredictionClient, Side, compare
from serving.changes.gates import Gates
from serving.changes.likeness import Agreement
from serving.declared import build, folder, resolution
from tests import declared, recipe
from tests.unit.serving import fake_torchserve
from tests.unit.serving.fake_torchserve import IMAGES, Fake, one_hot

VERSIONS = ("1.0", "2.0")
FAST, SLOW = 0.001, 0.1  # seconds


@dataclass
class Scripted(PredictionClient):
    """A client with chosen answers and times: the times of the new version for each round of timed requests."""

    answers: dict[str, Probabilities]
    rounds: list[float]
    batches: list[int] = field(default_factory=list)

    def results(self, version: str, images: Images) -> Arrays:
        return {"probabilities": self.answers[version][: len(images)]}

    def latencies(self, versions: Sequence[str], images: Images) -> list[NDArray[np.float64]]:
        assert tuple(versions) == VERSIONS
        self.batches.append(len(images))
        seconds = FAST if len(self.batches) == 1 else self.rounds[len(self.batches) - 2]  # the first request warms up
        return [np.full(len(images), FAST), np.full(len(images), seconds)]


def scripted(*rounds: float, new: Probabilities | None = None) -> Scripted:
    live = one_hot(IMAGES)
    return Scripted({"1.0": live, "2.0": live if new is None else new}, list(rounds))


def compared(asker: PredictionClient, labels: bool = True) -> Comparison:
    samples = Samples(IMAGES, one_hot(IMAGES).argmax(axis=1) if labels else None)
    return compare(asker, VERSIONS, samples, 4, Gates())


@pytest.mark.parametrize(
    ("rounds", "repeats", "p95"),
    [((FAST,), 1, FAST), ((SLOW, FAST), 2, FAST), ((SLOW, SLOW, FAST), 3, FAST), ((SLOW, SLOW, SLOW), 3, SLOW)],
)
def test_latency_that_fails_its_gate_is_measured_again_twice(rounds: tuple[float], repeats: int, p95: float) -> None:
    asker = scripted(*rounds)
    assert compared(asker).new.p95 == p95
    # one warm-up with all images, up to 20; then the timed batches
    assert asker.batches == [len(IMAGES), *[4] * repeats]


def test_no_more_than_20_images_warm_up() -> None:
    asker = scripted(FAST)
    asker.answers = {version: np.repeat(one_hot(IMAGES), 3, axis=0) for version in VERSIONS}
    compare(asker, VERSIONS, Samples(np.repeat(IMAGES, 3, axis=0)), 4, Gates())
    assert asker.batches == [20, 4]


def test_figures_are_of_the_version_whose_they_are() -> None:
    right, new = one_hot(IMAGES), one_hot(IMAGES)
    new[:3] = np.roll(right[:3], 1, axis=1)
    new[3] *= np.float32(0.75)
    result = compared(scripted(0.0015, new=new))
    assert result.live == Side("1.0", 1.0, FAST, FAST)
    assert result.new == Side("2.0", 0.7, 0.0015, 0.0015)
    assert (result.samples, result.likeness) == (10, Agreement(0.7, 1.0))


@pytest.mark.parametrize("sign", [-1, 1])
def test_the_distance_is_the_largest_in_either_direction(sign: int) -> None:
    new = one_hot(IMAGES)
    new[2, 3] += np.float32(sign * 0.25)
    assert compared(scripted(FAST, new=new)).likeness == Agreement(1.0, 0.25)


def test_quantiles_are_the_median_and_the_95th_percentile() -> None:
    class Rising(Scripted):
        def latencies(self, versions: Sequence[str], images: Images) -> list[NDArray[np.float64]]:
            return [np.linspace(0.0, 1.0, 101)] * 2

    result = compared(Rising(scripted().answers, []))
    assert (result.live.p50, result.live.p95) == pytest.approx((0.5, 0.95))


def test_without_labels_there_is_no_accuracy() -> None:
    result = compared(scripted(FAST), labels=False)
    assert (result.live.accuracy, result.new.accuracy, result.likeness) == (None, None, Agreement(1.0, 0.0))


@pytest.mark.parametrize(
    ("gates", "p95", "allowed"), [(Gates(), 0.004, 0.007), (Gates(factor=2.0, slack=0.0), 0.004, 0.008)]
)
def test_allowed_latency_is_so_many_times_the_live_ones_and_slack(gates: Gates, p95: float, allowed: float) -> None:
    assert gates.allowed(p95) == pytest.approx(allowed)


EXACT = Side("1.0", 0.5, 0.002, 0.004)


@pytest.mark.parametrize(
    ("live", "new", "agreement"),
    [
        (EXACT, Side("2.0", 0.5 - 0.125, 0.002, 0.004), 1.0),  # the largest loss allowed
        (EXACT, Side("2.0", 0.5, 0.002, 0.008), 1.0),  # the slowest allowed
        (EXACT, Side("2.0", 0.5, 0.002, 0.004), 0.75),  # the least agreement allowed
        (Side("1.0", None, 0.002, 0.004), Side("2.0", 0.0, 0.002, 0.004), 1.0),
        (EXACT, Side("2.0", None, 0.002, 0.004), 1.0),
    ],
)
def test_a_bound_itself_passes(live: Side, new: Side, agreement: float) -> None:
    gates = Gates(agreement=0.75, accuracy=0.125, factor=2.0, slack=0.0)
    assert Comparison(live, new, 10, Agreement(agreement, 0.0)).failures(gates) == []


def test_a_comparison_is_told_in_three_lines() -> None:
    side = Side("2.0", None, 0.0015, 0.002)
    text = str(Comparison(EXACT, side, 10, Agreement(0.75, 0.125)))
    assert text.splitlines() == [
        "10 samples: agreement 75.00%, largest difference of a probability 0.12",
        "  1.0: accuracy 50.00%, p50 2.00 ms, p95 4.00 ms",
        "  2.0: p50 1.50 ms, p95 2.00 ms",
    ]


# -- golden samples ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("distance", "failure"),
    [
        (0.0, ""),
        (golden.TOLERANCE * 0.99, ""),
        (golden.TOLERANCE * 1.01, "golden probabilities are missed by 0.0001; at most 1e-04 is allowed"),
        (-0.5, "golden probabilities are missed by 0.5; at most 1e-04 is allowed"),
    ],
)
def test_golden_samples_may_be_missed_by_a_ten_thousandth(distance: float, failure: str) -> None:
    expected = np.full((10, 10), 0.1)
    moved = expected.copy()
    moved[9, 9] += distance
    asker = Scripted({"2.0": moved}, [])  # float64 does not round the sum
    samples = Golden(IMAGES, {"probabilities": expected})
    assert comparison.golden_failure(asker, "2.0", samples) == failure


# -- requests ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[Fake]:
    with fake_torchserve.fake(tmp_path / "run") as torchserve:
        yield torchserve


def noted(sizes: list[int]) -> Callable[[Images], Probabilities]:
    def answer(images: Images) -> Probabilities:
        sizes.append(len(images))
        return one_hot(images)

    return answer


@pytest.mark.parametrize(("images", "requests"), [(1, [1]), (64, [64]), (65, [64, 1]), (130, [64, 64, 2])])
def test_images_are_asked_64_at_once_and_answered_in_their_order(fake: Fake, images: int, requests: list[int]) -> None:
    sizes: list[int] = []
    fake.answers["2.0"] = noted(sizes)
    sent = np.concatenate([recipe.drawn(index % 10) for index in range(images)])
    with PredictionClient(fake.server) as asker:
        probabilities = asker.results("2.0", sent)["probabilities"]
    assert sizes == requests
    assert probabilities.shape == (images, 10)
    assert np.array_equal(probabilities, one_hot(sent))


def test_a_request_has_no_more_bytes_than_others_wait_for(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    fake.answers["2.0"] = noted(sizes)
    sent = np.concatenate([recipe.drawn(index) for index in range(10)])
    monkeypatch.setattr(comparison, "_MOST_BYTES", 3 * sent[0].nbytes + 1)
    with PredictionClient(fake.server) as asker:
        asker.results("2.0", sent)
    assert sizes == [3, 3, 3, 1]


def test_versions_are_timed_one_request_each_in_turn(fake: Fake) -> None:
    turns: list[str] = []

    def turn(version: str) -> Callable[[Images], Probabilities]:
        def answer(images: Images) -> Probabilities:
            turns.append(f"{version}: {len(images)}")
            return one_hot(images)

        return answer

    fake.answers |= {version: turn(version) for version in VERSIONS}
    with PredictionClient(fake.server) as asker:
        latencies = asker.latencies(VERSIONS, IMAGES[:3])
    assert turns == ["1.0: 1", "2.0: 1"] * 3
    assert [len(seconds) for seconds in latencies] == [3, 3]
    assert all(0 < second < 10 for seconds in latencies for second in seconds)


def test_an_error_is_raised(fake: Fake) -> None:
    fake.refused["POST /predictions/digits/2.0"] = 503
    with PredictionClient(fake.server) as asker, pytest.raises(httpx.HTTPStatusError, match="503"):
        asker.results("2.0", IMAGES)


@pytest.mark.parametrize("make", [declared.cell, declared.words, declared.lengths])
def test_inputs_by_name_are_asked_as_objects(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    """Requests and expected answers are the golden samples of the archive."""
    text = declared.CELL if make is declared.cell else ""
    (tmp_path / "own").mkdir()
    make(declared.folder(tmp_path / "own", text) / "iris.onnx")
    resolved = resolution.resolve(folder.read(tmp_path / "own"))
    archive = build.build(resolved, tmp_path / "own.mar", "1.0").path
    rows, expected = samples.read_golden(archive)
    body, kind = comparison._request(rows[:3])
    assert kind == comparison.JSON
    read = Decoder(resolved.spec).decode(Message(body, kind))
    answers = Template(resolved.spec.output, Identity("own", "1.0", "")).batch(resolved.network.predict(read.rows))
    outputs = likeness.arrays(orjson.loads(read.answer(answers, 0).body)["predictions"], expected)
    assert distance(outputs, {name: array[:3] for name, array in expected.items()}) < 1e-6
