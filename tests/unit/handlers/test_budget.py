"""Shares of clients in the time of a batch. Requests beyond the share are refused."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from handlers import budget as module
from handlers.budget import Budget, Expense
from inference.errors import Overloaded


@pytest.fixture
def budget() -> Budget:
    new_budget = Budget(apart=False)
    new_budget.begin()
    return new_budget


def test_one_client_cannot_take_the_time_of_others(budget: Budget) -> None:
    first, second, other = (Expense(budget.share(client)) for client in ("greedy", "greedy", "other"))
    first.charge(0.02)
    with pytest.raises(Overloaded, match="time limit of this batch exceeded by a request of 20 ms") as refused:
        second.charge(0.02)
    assert refused.value.headers["Retry-After"] == "1"
    other.charge(0.02)


def test_what_exceeds_the_share_alone_is_refused_while_others_would_wait(budget: Budget) -> None:
    Expense(budget.share("greedy")).charge(0.3)  # the only client
    budget.begin()
    budget.share("other")
    with pytest.raises(Overloaded):
        Expense(budget.share("greedy")).charge(0.3)


def test_a_share_is_whole_again_in_the_next_batch(budget: Budget) -> None:
    for _ in range(3):
        budget.begin()
        budget.share("other")
        Expense(budget.share("greedy")).charge(0.025)


def test_a_client_is_alone_a_second_after_the_last_request_of_others(
    budget: Budget, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget.share("other")
    now = time.monotonic() + 1.1
    monkeypatch.setattr(time, "monotonic", lambda: now)
    budget.begin()
    Expense(budget.share("greedy")).charge(0.3)


def test_without_a_gateway_requests_have_the_whole_budget(budget: Budget) -> None:
    budget.share("other")
    Expense(budget.share("")).charge(0.9)
    with pytest.raises(Overloaded):
        Expense(budget.share("")).charge(0.2)


def test_the_first_expensive_request_passes_where_nobody_else_waits() -> None:
    apart = Budget(apart=True)
    apart.begin()
    apart.share("other")
    Expense(apart.share("photos")).charge(5.0)
    with pytest.raises(Overloaded):
        Expense(apart.share("photos")).charge(0.1)


def test_work_beyond_its_estimate_counts(budget: Budget, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter((0.0, 0.2, 0.2))
    monkeypatch.setattr(time, "thread_time", lambda: next(times))
    budget.share("other")
    slow = Expense(budget.share("greedy"))
    slow.charge(0.001)
    slow.settle()
    with pytest.raises(Overloaded):
        Expense(budget.share("greedy")).charge(0.001)


def test_clients_are_forgotten_when_there_are_too_many(budget: Budget, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST", 3)
    for index in range(10):
        Expense(budget.share(f"client-{index}"))
    assert len(budget._shares) <= 3


def test_a_requests_earlier_steps_do_not_refuse_its_next() -> None:
    apart = Budget(apart=True)
    apart.begin()
    explained = Expense(apart.share("photos"))
    explained.charge(0.1)  # its picture is read
    explained.charge(0.1)  # its picture is normalised
    explained.settle()
    explained.charge(5.0)  # it is explained
    explained.settle()
    with pytest.raises(Overloaded):
        Expense(apart.share("photos")).charge(0.1)


def test_a_further_step_is_refused_after_other_requests() -> None:
    apart = Budget(apart=True)
    apart.begin()
    Expense(apart.share("photos")).charge(0.8)
    explained = Expense(apart.share("photos"))
    explained.charge(0.1)
    explained.settle()
    with pytest.raises(Overloaded):
        explained.charge(5.0)


def test_threads_that_charge_at_once_stay_within_the_share(budget: Budget) -> None:
    budget.share("other")
    expenses = [Expense(budget.share("greedy")) for _ in range(64)]
    start = Barrier(8)

    def charge(part: int) -> int:
        start.wait(10)
        return sum(_passes(expense) for expense in expenses[part::8])

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(charge, range(8))) == 29  # 1 ms each, with a share of 30 ms


def _passes(expense: Expense) -> bool:
    try:
        expense.charge(0.001)
    except Overloaded:
        return False
    return True
