"""Commands to the runtime socket of a gateway. tests/live/gateway starts a real gateway."""

import threading
from dataclasses import replace

import pytest

from serving.gateway import clients, gateway
from serving.gateway.clients import Client
from serving.gateway.gateway import Gateway
from serving.gateway.haproxy import GatewayError
from serving.gateway.routes import Route

from .conftest import STATISTICS, FakeRuntime


def lines(door: Gateway, *pairs: str) -> list[str]:
    return [f"set map {door.socket.parent}/runtime.map {pair}" for pair in pairs]


# -- commands ---------------------------------------------------------------------------------------------------------


def test_the_key_is_known_before_the_door_opens(door: Gateway, runtime: FakeRuntime) -> None:
    door.set_backend_token("abc.DEF-1_2=")
    assert runtime.commands == ["; ".join(lines(door, "token abc.DEF-1_2=", "held none"))]


def filled(door: Gateway, name: str, *entries: str) -> list[str]:
    """Return the commands that fill a map with these entries."""
    path = door.socket.with_name(name)
    return [f"prepare map {path}", *(f"add map @7 {path} {entry}" for entry in entries), f"commit map @7 {path}"]


def test_the_room_is_a_word_of_the_map(door: Gateway, runtime: FakeRuntime) -> None:
    door.set_queue_limit(64)
    assert runtime.commands == lines(door, "room 64")


def test_heavy_predictions_of_a_model_get_another_name(door: Gateway, runtime: FakeRuntime) -> None:
    runtime.answers = {"prepare map": "New version created: 7\n"}
    door.heavy({"digits": "uploads"})
    door.heavy({})
    assert runtime.commands == [*filled(door, "heavy.map", "digits uploads"), *filled(door, "heavy.map")]


PATHS = ("/predictions/letters", "/v1/models/letters:predict", "/v2/models/letters/infer")


def test_a_canary_has_a_share_of_the_paths_of_its_model(door: Gateway, runtime: FakeRuntime) -> None:
    runtime.answers = {"prepare map": "New version created: 7\n"}
    door.canary("letters", "2.0", 12.34)
    door.no_canary()
    shares = filled(door, "shares.map", *(f"{path} 123" for path in PATHS))
    assert runtime.commands == [*lines(door, "canary /predictions/letters/2.0"), *shares, *filled(door, "shares.map")]


def test_models_come_and_go_while_it_runs(door: Gateway, runtime: FakeRuntime) -> None:
    runtime.answers = {"prepare map": "New version created: 7\n"}
    door.serve([Route("letters", 3072, (64, 48)), Route("table", 16, explainer="other")])
    entries = runtime.commands
    assert [entry for entry in entries if "predictions.map" in entry] == filled(
        door, "predictions.map", *(f"{key} 3072" for key in (*PATHS, "letters")),
        "/predictions/table 16", "/v1/models/table:predict 16", "/v2/models/table/infer 16", "table 16",
    )  # fmt: skip
    assert [entry for entry in entries if "explanations.map" in entry] == filled(
        door, "explanations.map", "/explanations/letters explainer", "/explanations/explainer explainer",
        "/explanations/table other", "/explanations/other other",
    )  # fmt: skip
    sizes = filled(
        door, "sizes.map", *(f"{key} 0000004000000030" for key in (*PATHS, "letters", "/explanations/letters"))
    )
    assert [entry for entry in entries if "sizes.map" in entry] == sizes


def test_an_explainer_of_an_added_model_sleeps_until_requests_want_it(door: Gateway, runtime: FakeRuntime) -> None:
    runtime.answers = {"prepare map": "New version created: 7\n", "show wanted": "b.explainer\na.explainer\n\n"}
    door.serve(
        [Route("letters", 3072), Route("iris", 16, explainer="iris.explainer"), Route("table", 16, None, "table")]
    )
    assert [entry for entry in runtime.commands if "asleep.map" in entry] == filled(
        door, "asleep.map", "iris.explainer 1"
    )
    runtime.commands.clear()
    door.asleep(["a.explainer"])
    assert runtime.commands == filled(door, "asleep.map", "a.explainer 1")
    assert door.wanted() == {"a.explainer", "b.explainer"}
    runtime.commands.clear()
    door.awake("a.explainer")
    assert runtime.commands == [f"del map {door.maps}/asleep.map a.explainer"]


@pytest.mark.parametrize(("percent", "share"), [(0, "0"), (0.1, "1"), (0.04, "0"), (100, "1000")])
def test_a_share_is_in_thousandths(door: Gateway, runtime: FakeRuntime, percent: float, share: str) -> None:
    runtime.answers = {"prepare map": "New version created: 7\n"}
    door.canary("letters", "2.0", percent)
    assert runtime.commands[1:] == filled(door, "shares.map", *(f"{path} {share}" for path in PATHS))


@pytest.mark.parametrize("percent", [-0.1, 100.1])
def test_a_share_beyond_all_is_refused_and_nothing_told(door: Gateway, runtime: FakeRuntime, percent: float) -> None:
    with pytest.raises(ValueError, match=f"0 to 100 percent, not {percent}"):
        door.canary("letters", "2.0", percent)
    assert runtime.commands == []


@pytest.mark.parametrize("word", ["", "a b", "a;b", "a\nb", "ü", "x" * 257])
def test_what_would_be_two_commands_is_refused_and_not_told(door: Gateway, runtime: FakeRuntime, word: str) -> None:
    with pytest.raises(ValueError, match=r"heavy\.map is one word, not"):
        door.heavy({"letters": word})
    assert runtime.commands == []


def test_what_haproxy_answers_to_a_change_is_its_refusal(door: Gateway, runtime: FakeRuntime) -> None:
    runtime.answers["set map"] = "entry not found.\n\n"
    with pytest.raises(GatewayError, match=r"^HAProxy on room: entry not found\.$"):
        door.set_queue_limit(1)


def test_one_that_cannot_be_asked_is_an_error_that_names_the_command(door: Gateway) -> None:
    with pytest.raises(GatewayError, match=r"^the gateway did not accept show: "):
        door.command("show info")


def test_it_answers_when_it_does(door: Gateway, runtime: FakeRuntime) -> None:
    silent = replace(door, socket=door.socket.with_name("none"))
    answers = [door.answers, silent.answers]
    runtime.answers["show info"] = ""
    assert [*answers, door.answers] == [True, False, False]


# -- answers ----------------------------------------------------------------------------------------------------------


def test_the_queue_is_that_of_predictions(door: Gateway, runtime: FakeRuntime) -> None:
    runtime.answers = {"show stat predictions 6 -1": STATISTICS.partition("uploads")[0]}
    assert door.queue() == (2, 100)


def test_connections_are_counted_by_haproxy(door: Gateway, runtime: FakeRuntime) -> None:
    runtime.answers["show info"] = "Name: HAProxy\nMaxconn: 9\nCurrConns: 17\nCumConns: 8\n\n"
    assert door.connections() == 17


# -- the pause --------------------------------------------------------------------------------------------------------


def waiting(cheap: int = 0, expensive: int = 0, bodies: int = 0, sent: int = 0) -> str:
    """Return HAProxy's numbers: queued requests, long bodies in transfer, and cheap requests without an answer."""
    rows = [f"predictions,BACKEND,{cheap},9,0", f"predictions,torchserve,0,{sent},0"]
    rows += [f"explanations,explainer,{expensive},9,0", f"uploads,uploads,0,{bodies},0"]
    return "\n".join(["# pxname,svname,qcur,scur,stot", *rows, ""])


def test_expensive_requests_are_held_first_and_cheap_ones_until_those_before_are_answered(
    door: Gateway, runtime: FakeRuntime
) -> None:
    left = [(0, 1, 0), (0, 0, 1), (3, 0, 0, 2), (1, 0, 0, 1), (0, 0, 0, 4), (0, 0, 0, 1), (0, 0, 0, 0)]

    def next_look(command: str) -> None:
        if "show stat" in command:
            runtime.answers["show stat"] = runtime.answers["set map"] = waiting(*(left.pop(0) if left else (0, 0, 0)))
        else:
            runtime.answers["set map"] = "\n"

    runtime.then = next_look
    with door.paused():
        levels = [command.partition(";")[0].rpartition(" ")[2] for command in runtime.commands if "set map" in command]
        assert levels[0] == "expensive"
        assert set(levels[1:]) == {"all"}
        assert left == []
        runtime.commands.clear()
    assert runtime.commands == lines(door, "held none")


def test_the_door_opens_after_an_error(door: Gateway, runtime: FakeRuntime) -> None:
    runtime.then = lambda command: runtime.answers.update({"set map": waiting() if "show stat" in command else "\n"})
    with pytest.raises(ZeroDivisionError), door.paused():
        raise ZeroDivisionError
    assert runtime.commands[-1:] == lines(door, "held none")


@pytest.mark.parametrize("there", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 0, 1)])
def test_nobody_is_waited_for_for_ever(
    door: Gateway, runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch, there: tuple[int, ...]
) -> None:
    for limit in ("_QUEUE_SECONDS", "_EXPENSIVE_SECONDS", "_READ_SECONDS"):
        monkeypatch.setattr(gateway, limit, 0.1)
    runtime.then = lambda command: runtime.answers.update(
        {"set map": waiting(*there) if "show stat" in command else "\n"}
    )
    runtime.answers["show stat"] = waiting(*there)
    with door.paused():
        assert sum("show stat" in command for command in runtime.commands) > 2


# -- clients ----------------------------------------------------------------------------------------------------------


def test_clients_are_taken_all_at_once(door: Gateway, runtime: FakeRuntime) -> None:
    """HAProxy reads a semicolon as the end of a command, so a backslash precedes each."""
    for name, models in {"shop": (), "other": ("iris",)}.items():
        clients.add(door.clients, Client(name, expires=7, models=models))
    runtime.answers["prepare map"] = "New version created: 5\n"
    door.refresh()
    path = door.clients
    entries = [f"{digest} {client.entry}".replace(";", "\\;") for digest, client in clients.read(path).items()]
    added = [f"add map @5 {path} {entry}" for entry in entries]
    first = door.maps / "allowed.map"
    opened = [f"add map @5 {first} {key} 1" for key in clients.allowed(clients.read(path))]
    assert len(opened) == 4
    assert runtime.commands == [
        *(f"prepare map {first}", *opened, f"commit map @5 {first}"),
        *(f"prepare map {path}", *added, f"commit map @5 {path}"),
    ]
    assert len(added) == 2


def test_a_file_of_clients_that_is_damaged_changes_nothing(door: Gateway, runtime: FakeRuntime) -> None:
    door.clients.write_text("nonsense\n")
    with pytest.raises(ValueError, match="invalid line"):
        door.refresh()
    assert runtime.commands == []


def test_who_refreshes_waits_for_who_changes_the_file(door: Gateway, runtime: FakeRuntime) -> None:
    """Otherwise a key that is revoked meanwhile would be sent again."""
    clients.add(door.clients, Client("shop", expires=7))
    runtime.answers["prepare map"] = "New version created: 1\n"
    with clients.locked(door.clients):
        thread = threading.Thread(target=door.refresh)
        thread.start()
        thread.join(0.1)
        assert runtime.commands == []
    thread.join(10)
    assert runtime.commands[-1].startswith("commit map")
