"""HTTP messages in bytes."""

import pytest

from inference.http_message import Identity, Message


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [("", ""), ("image/png", "image/png"), ("Application/JSON; charset=utf-8", "application/json"), (" ;", "")],
)
def test_the_media_type_is_the_content_type_without_parameters(content_type: str, expected: str) -> None:
    assert Message(b"", content_type).media_type == expected


def test_clients_see_12_digits_of_the_weights() -> None:
    assert Identity("digits", "1.0", "0123456789abcdef").weights == "0123456789ab"
