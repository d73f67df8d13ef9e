"""The list of errors in docs/api.md, and the language of their messages."""

import re

import pytest

from tests.contract import errors


def test_the_page_lists_the_errors_as_they_are_sent() -> None:
    page = errors.PAGE.read_text()
    assert errors.written(page) == page


def test_every_error_of_the_gateway_is_read() -> None:
    """The reader recognises one notation. An error in another notation would be missing from the page."""
    texts = [(errors.GATEWAY / name).read_text() for name in errors.FILES]
    sent = {f"{code} {name}" for text in texts for code, name in re.findall(r'"code":(\d+),"type":"(\w+)"', text)}
    assert {f"{code} {name}" for code, name, _, _ in errors.gateway()} == sent
    assert len(errors.gateway()) > 35


@pytest.mark.parametrize("text", [text for *_, message, hint in errors.gateway() for text in (message, hint)])
def test_messages_are_impersonal(text: str) -> None:
    assert not re.search(r"\b(nobody|whoever|told|asked?|hears|door)\b(?! the operator)", text), text
