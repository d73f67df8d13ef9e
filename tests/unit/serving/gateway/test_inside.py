"""Counts of requests inside the gateway."""

from serving.gateway.gateway import Inside, inside

_SERVERS = {("predictions", "torchserve"), ("predictions", "BACKEND")}


def test_a_request_that_a_rule_holds_is_not_inside() -> None:
    """The backend counts it already. A renewal that waited for it would hold it for ever."""
    assert inside([row("torchserve"), row("BACKEND", scur=64)], _SERVERS) == Inside(queued=0, sent=0)


def test_requests_in_queues_and_at_servers_are_inside() -> None:
    rows = [row("torchserve", qcur=1, scur=2), row("BACKEND", qcur=4, scur=64), row("files", qcur=8, scur=16)]
    assert inside(rows, _SERVERS) == Inside(queued=5, sent=2)


def row(server: str, qcur: int | str = "", scur: int = 0) -> dict[str, str]:
    return {"# pxname": "predictions", "svname": server, "qcur": str(qcur), "scur": str(scur)}
