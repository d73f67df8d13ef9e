"""Shell commands with curl."""

import shlex

from playground import answers


def test_the_key_is_the_shell_s_and_the_address_one_word() -> None:
    url = "http://127.0.0.1:8080/explanations/digits?method=lime&target=second"
    words = shlex.split(answers._command(url, "digit.png"))
    assert words == ["curl", "-H", "Authorization: Bearer $INFERENCE_KEY", "-T", "digit.png", url]
