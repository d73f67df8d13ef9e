"""The end of a drain: when no request is in a queue, in a worker or on its way back."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from serving.torchserve import drain
from tests.unit.serving import fake_torchserve
from tests.unit.serving.fake_torchserve import WORKING, Fake

FILE = "digits-1.0-0123456789ab.mar"
READING = """"epollEventLoopGroup-3-1" #33 prio=5 os_prio=0 runnable
	at io.netty.channel.epoll.EpollEventLoop.processReady(EpollEventLoop.java:530)"""
ANSWERING = """"epollEventLoopGroup-3-1" #33 prio=5 os_prio=0 runnable
	at io.netty.util.concurrent.SingleThreadEventExecutor.runAllTasks(SingleThreadEventExecutor.java:413)"""
WAITING = """"W-9000-digits_1.0" #16 prio=5 os_prio=0 waiting on condition
	at org.pytorch.serve.wlm.BatchAggregator.getRequest(BatchAggregator.java:36)
	at org.pytorch.serve.wlm.WorkerThread.run(WorkerThread.java:195)"""
CONNECTING = """"W-9000-digits_1.0" #16 prio=5 os_prio=0 waiting on condition
	at org.pytorch.serve.wlm.WorkerThread.connect(WorkerThread.java:400)
	at org.pytorch.serve.wlm.WorkerThread.run(WorkerThread.java:195)"""


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[Fake]:
    with fake_torchserve.fake(tmp_path / "run") as torchserve:
        torchserve.serve("1.0", FILE)
        yield torchserve


def drained(fake: Fake, looks: int = 5, before: Callable[[int], object] = lambda _: None) -> bool:
    """Drain, and stop after this many samples. ``before`` is called with the number of each sample."""
    number = 0

    def given_up() -> bool:
        nonlocal number
        number += 1
        before(number)
        return number > looks

    with fake.server.manage(timeout=10) as management:
        return drain.drain(management, fake.server.pid, fake.server.console, given_up)


def test_one_that_has_nothing_to_do_is_drained_at_the_second_look(fake: Fake) -> None:
    assert not drained(fake, looks=1)
    assert drained(fake, looks=2)


@pytest.mark.parametrize("stack", [WORKING.format(version="1.0"), READING, ANSWERING])
def test_a_request_in_a_threads_hands_is_waited_for(fake: Fake, stack: str) -> None:
    fake.stacks.write_text(stack)
    assert not drained(fake)
    assert drained(fake, 5, lambda look: fake.stacks.write_text(stack if look < 3 else WAITING))


@pytest.mark.parametrize("stack", [WAITING, CONNECTING, '"main" #1'])
def test_a_thread_without_a_request_is_not_waited_for(fake: Fake, stack: str) -> None:
    fake.stacks.write_text(stack)
    assert drained(fake, looks=2)


def test_a_request_in_any_queue_is_waited_for(fake: Fake) -> None:
    fake.models["uploads"]["1.0"].pending = 1
    assert not drained(fake)


def test_a_request_between_two_threads_at_the_first_look_is_seen_at_the_second(fake: Fake) -> None:
    stacks = {2: WORKING.format(version="1.0")}
    assert not drained(fake, 3, lambda look: fake.stacks.write_text(stacks.get(look, "")))
    assert drained(fake, 4, lambda look: fake.stacks.write_text(stacks.get(look, "")))


def test_one_that_does_not_listen_is_drained_and_one_that_fails_is_not(fake: Fake) -> None:
    deaf = replace(fake.server, inference="http://127.0.0.1:1", management="http://127.0.0.1:1")
    with deaf.manage() as management:
        assert drain.drain(management, deaf.pid, deaf.console, lambda: True)
    fake.refused["GET /models"] = 500
    assert not drained(fake)
