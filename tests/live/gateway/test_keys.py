"""Whose keys open the gateway, and what for; and TorchServe's own key, which the gateway holds."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from serving.gateway import clients

from ..conftest import until
from .conftest import Node, inference_key, refused


def test_keys(node: Node, seven: bytes) -> None:
    good, expired = node.key("good"), node.key("late", days=-1)
    torchserve = {"Authorization": f"Bearer {inference_key(node)}"}
    with node.http() as http:
        for headers, status in (
            (good, 200),
            ({"Authorization": good["Authorization"].replace("Bearer", "bearer")}, 200),
            ({}, 401),
            ({"Authorization": ""}, 401),
            ({"Authorization": "Bearer"}, 401),
            ({"Authorization": "Basic eDp5"}, 401),
            ({"Authorization": good["Authorization"][:-1]}, 401),
            ({"Authorization": good["Authorization"] + "x"}, 401),
            (torchserve, 401),
            (expired, 401),
        ):
            response = http.post("/predictions/digits", content=seven, headers=headers)
            if status == 200:
                assert response.json()["digit"] == 7, headers
            else:
                assert refused(response, status, "Unauthorized").headers["www-authenticate"].startswith("Bearer")


def test_a_revoked_key_is_worthless_at_once(node: Node, seven: bytes) -> None:
    key = node.key("leaving")
    with node.http(**key) as http:
        assert http.post("/predictions/digits", content=seven).status_code == 200
        assert clients.revoke(node.gateway.clients, "leaving") == 1
        node.gateway.refresh()
        refused(http.post("/predictions/digits", content=seven), 401, "Unauthorized")


def test_keys_that_are_given_out_at_the_same_time_are_all_good(node: Node, seven: bytes) -> None:
    with ThreadPoolExecutor(16) as pool, node.http() as http:
        given = list(pool.map(node.key, [f"together-{number}" for number in range(64)]))
        answers = [http.post("/predictions/digits", content=seven, headers=key) for key in given]
    assert [answer.status_code for answer in answers] == [200] * 64


def test_a_file_that_is_no_list_of_clients_changes_nothing(node: Node, seven: bytes) -> None:
    key, file = node.key("staying"), node.gateway.clients
    before = file.read_text()
    file.write_text("nonsense\n")
    with pytest.raises(ValueError, match="no client"):
        node.gateway.refresh()
    file.write_text(before)
    with node.http(**key) as http:
        assert http.post("/predictions/digits", content=seven).status_code == 200


def test_scopes(node: Node, seven: bytes) -> None:
    for scope, allowed, forbidden in (
        ("predict", "/predictions/digits", "/explanations/digits"),
        ("explain", "/explanations/digits", "/predictions/digits"),
    ):
        with node.http(**node.key(f"only-{scope}", scope)) as http:
            assert http.post(allowed, content=seven).status_code == 200
            refused(http.post(forbidden, content=seven), 403, "Forbidden")


def test_a_rate_is_a_keys_own(node: Node, seven: bytes) -> None:
    slow, other = node.key("slow", rate=5), node.key("other")
    with node.http() as http:
        answers = [http.post("/predictions/digits", content=seven, headers=slow) for _ in range(20)]
        passed = [answer for answer in answers if answer.status_code == 200]
        assert 4 <= len(passed) <= 11  # 5 in any second, over two seconds at most
        late = next(answer for answer in answers if answer.status_code != 200)
        assert refused(late, 429, "TooManyRequests").headers["retry-after"] == "1"
        assert http.post("/predictions/digits", content=seven, headers=other).status_code == 200
        until(lambda: http.post("/predictions/digits", content=seven, headers=slow).status_code == 200, 5)


def test_no_request_meets_a_key_that_has_just_been_renewed(node: Node, seven: bytes) -> None:
    done = threading.Event()
    failures: list[str] = []
    answered: list[str] = []

    def send() -> None:
        with node.http(**node.key(f"steady-{threading.get_ident()}")) as http:
            while not done.is_set():
                response = http.post("/predictions/digits", content=seven)
                (answered if response.status_code == 200 else failures).append(response.text)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    seen = {inference_key(node)}
    until(lambda: seen.add(inference_key(node)) or len(seen) > 2, 60)  # type: ignore[func-returns-value]
    done.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(answered) > 100


def test_a_key_that_others_renewed_is_no_clients_fault(node: Node, seven: bytes) -> None:
    """TorchServe says 400 to the gateway's key; until the gateway has the new one, clients may try again."""
    with node.http(**node.key("blameless")) as http, node.server.manage() as management:
        statuses: list[int] = []
        while 503 not in statuses:  # unless the gateway was faster
            management.renew("inference")
            response = http.post("/predictions/digits", content=seven)
            statuses.append(response.status_code)
        assert refused(response, 503, "ServiceUnavailable").headers["retry-after"] == "1"
        until(lambda: http.post("/predictions/digits", content=seven).status_code == 200, 5)
        assert set(statuses) <= {200, 503}
        refused(http.post("/predictions/digits", content=b"no image"), 400, "InvalidPixels")  # this is
