"""Memory is given back once after each crowd, not while it stays."""

from serving.gateway.memory import Ebb


def test_it_is_time_once_most_of_a_crowd_has_left() -> None:
    now = [100.0]
    ebb = Ebb(lambda: now[0])
    assert not ebb.look(200), "the crowd is there"
    now[0] += 20
    assert not ebb.look(150), "most of it is"
    assert ebb.look(100)
    assert not ebb.look(100), "once is enough"
    now[0] += 20
    assert ebb.look(3)
    now[0] += 20
    assert not ebb.look(0)


def test_few_connections_and_short_times_are_no_reason() -> None:
    now = [100.0]
    ebb = Ebb(lambda: now[0])
    ebb.look(31)
    now[0] += 20
    assert not ebb.look(0)
    ebb.look(500)
    assert ebb.look(0)
    ebb.look(500)
    assert not ebb.look(0), "it was a moment ago"
    now[0] += 15
    assert ebb.look(0)
