from serving.torchserve.health import ResponseCounts


def test_answers_between_two_looks_are_counted() -> None:
    assert ResponseCounts(100, 10) - ResponseCounts(40, 3) == ResponseCounts(60, 7)
    assert ResponseCounts(100, 3) - ResponseCounts(40, 3) == ResponseCounts(60, 0)
