"""Requirements of error messages."""

import pytest

from resilience.walkthrough import sentence


@pytest.mark.parametrize(
    "message",
    [
        "error: no server runs in .run: start one with scripts/up",
        "error: port 8080 (inference) is busy: process 7 (java) listens on it: stop it, or start here with --ports",
        "error: unknown client nobody; scripts/clients list shows all",
        "error: a client's name is 1 to 64 letters, digits and ._@-, not 'a/b'",
        "error: nothing older than 1.0 is left: roll out another archive",
    ],
)
def test_one_sentence_that_names_the_remedy_has_no_fault(message: str) -> None:
    assert sentence.faults(message) == []


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ("error: it failed: try again\nand again", "more than one line"),
        ("error: it failed. Try again: use scripts/up", "more than one sentence"),
        ("it failed: try again", "does not begin with error"),
        ("Traceback (most recent call last):\n  ...", "does not begin with error"),
        (f"error: {'x' * 600}: try again", "more than 600 characters"),
        ("error: the disk is full", "no remedy"),
        ("error: the nameless one", "no remedy"),
        ("error: it stopped, used up", "no remedy"),
    ],
)
def test_what_a_message_lacks_is_named(message: str, fault: str) -> None:
    assert fault in sentence.faults(message)
