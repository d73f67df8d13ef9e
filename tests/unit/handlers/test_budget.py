"""Each client has a share of a batch's time, and what exceeds it is refused."""

import time

import pytest

from handlers import budget as module
from handlers.budget import Budget
from inference.errors import Overloaded


@pytest.fixture
def budget() -> Budget:
    made = Budget(apart=False)
    made.begin()
    return made


def test_one_client_cannot_take_the_time_of_others(budget: Budget) -> None:
    greedy, other = budget.share("greedy"), budget.share("other")
    greedy.charge(0.02)
    with pytest.raises(Overloaded, match="no time left for work of 20 ms") as refused:
        greedy.charge(0.02)
    assert refused.value.headers["Retry-After"] == "1"
    other.charge(0.02)


def test_what_exceeds_the_share_alone_is_refused_while_others_would_wait(budget: Budget) -> None:
    greedy = budget.share("greedy")
    greedy.charge(0.3)  # alone
    budget.begin()
    budget.share("other")
    with pytest.raises(Overloaded):
        budget.share("greedy").charge(0.3)


def test_a_share_is_whole_again_in_the_next_batch(budget: Budget) -> None:
    for _ in range(3):
        budget.begin()
        budget.share("other")
        budget.share("greedy").charge(0.025)


def test_a_client_is_alone_a_second_after_the_last_request_of_others(
    budget: Budget, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget.share("other")
    now = time.monotonic() + 1.1
    monkeypatch.setattr(time, "monotonic", lambda: now)
    budget.begin()
    budget.share("greedy").charge(0.3)


def test_without_a_gateway_requests_have_the_whole_budget(budget: Budget) -> None:
    budget.share("other")
    share = budget.share("")
    share.charge(0.9)
    with pytest.raises(Overloaded):
        share.charge(0.2)


def test_the_first_expensive_request_passes_where_nobody_else_waits() -> None:
    apart = Budget(apart=True)
    apart.begin()
    apart.share("other")
    share = apart.share("photos")
    share.charge(5.0)
    with pytest.raises(Overloaded):
        share.charge(0.1)


def test_work_beyond_its_estimate_counts(budget: Budget, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter((0.0, 0.2, 0.2))
    monkeypatch.setattr(time, "thread_time", lambda: next(times))
    budget.share("other")
    share = budget.share("greedy")
    share.charge(0.001)
    share.settle()
    with pytest.raises(Overloaded):
        share.charge(0.001)


def test_clients_are_forgotten_when_there_are_too_many(budget: Budget, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST", 3)
    for index in range(10):
        budget.share(f"client-{index}")
    assert len(budget._shares) <= 3


def test_a_requests_earlier_step_does_not_refuse_its_next() -> None:
    apart = Budget(apart=True)
    apart.begin()
    share = apart.share("photos")
    share.charge(0.1)  # its picture is read
    share.charge(0.1)  # and normalised
    share.settle()
    share.further(5.0)  # it is explained
    share.settle()
    with pytest.raises(Overloaded):
        share.charge(0.1)  # another request's


def test_a_further_step_is_refused_after_other_requests() -> None:
    apart = Budget(apart=True)
    apart.begin()
    share = apart.share("photos")
    share.charge(0.8)
    share.settle()
    share.charge(0.1)
    share.settle()
    with pytest.raises(Overloaded):
        share.further(5.0)
