"""The loop of an attack."""

import asyncio
import time
from pathlib import Path

import pytest

from resilience.attacks.attack import Run, Victim

TARGET = Victim(1, Path("certificate.pem"), "127.0.0.2", ("a", "b"))


def test_connections_share_the_keys() -> None:
    assert [TARGET.authorization(index)[1] for index in range(3)] == ["Bearer a", "Bearer b", "Bearer a"]


def test_acts_follow_each_other_until_the_time_is_over() -> None:
    async def attack() -> Run:
        run = Run(TARGET, 0.5)

        async def act(index: int) -> None:
            await asyncio.sleep(0.05)
            run.answers[str(index)] += 1

        await run.repeat(2, act)
        return run

    began = time.monotonic()
    run = asyncio.run(attack())
    assert time.monotonic() - began < 20
    assert set(run.answers) == {"0", "1"}
    assert all(1 <= count <= 10 for count in run.answers.values())


def test_failed_connections_wait_before_the_next() -> None:
    async def attack() -> Run:
        run = Run(TARGET, 0.5)

        async def act(_: int) -> None:
            raise ConnectionResetError

        await run.repeat(1, act)
        return run

    assert 1 <= asyncio.run(attack()).answers["ConnectionResetError"] <= 50


def test_a_fault_of_the_attack_is_raised() -> None:
    async def attack() -> None:
        async def act(_: int) -> None:
            raise ValueError("no page")

        await Run(TARGET, 0.2).repeat(1, act)

    with pytest.raises(ValueError, match="no page"):
        asyncio.run(attack())
