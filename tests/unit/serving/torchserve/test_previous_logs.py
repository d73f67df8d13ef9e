"""Logs of the previous run of a server."""

from pathlib import Path

from serving.torchserve import server


def test_a_start_moves_torchserves_logs_and_leaves_those_of_others(tmp_path: Path) -> None:
    logs, previous = tmp_path / "logs", tmp_path / "logs.previous"
    for run in ("first", "second"):
        logs.mkdir(exist_ok=True)
        for name in ("ts_log.log", "console.log", "gateway.log", "gateway.log.1", "supervisor.log", "grpc.log"):
            (logs / name).write_text(run)
        server._rotate_logs(logs)
        moved = {path.name: path.read_text() for path in previous.iterdir()}
        assert moved == {"ts_log.log": run, "console.log": run}
    assert {path.name for path in logs.iterdir()} == {"gateway.log", "gateway.log.1", "supervisor.log", "grpc.log"}
