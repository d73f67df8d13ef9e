"""The report on gRPC beside REST."""

from benchmarks import calls


def test_the_report_compares_medians() -> None:
    parts = [{"clients": 10.0, "gateway": 20.0, "gRPC": 0.0}]
    rounds = {
        "REST": {"rate": [900.0, 1000.0, 2000.0], "p50": [1.0, 2.0, 1.0], "parts": parts},
        "gRPC": {"rate": [500.0, 100.0, 600.0], "p50": [1.5, 1.4, 9.0], "parts": [{**parts[0], "gRPC": 80.0}]},
    }
    text = calls.report({"machine": {"cores": 2, "processor": "a processor"}, "rounds": rounds})
    assert "gRPC has 0.50 of REST's throughput at 64 clients (at least 0.33 is asked for), and 1.50" in text
    assert "| REST | 1,000 | 1.00 |" in text
    assert "2 cores (a processor)" in text


def test_a_call_has_one_image() -> None:
    request = calls.request(bytes(784))
    assert [list(tensor.shape) for tensor in request.inputs] == [[1, 784]]
    assert [len(data) for data in request.raw_input_contents] == [784]
