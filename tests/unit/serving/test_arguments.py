import pytest

from serving.arguments import Parser, choose
from serving.errors import UserError


def test_an_error_is_one_line_that_names_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    parser = Parser(prog="scripts/thing")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("add").add_argument("--days", type=int)
    for wrong, prog in ((["add", "--days", "x"], "scripts/thing add"), (["--nothing"], "scripts/thing")):
        with pytest.raises(SystemExit) as ended:
            parser.parse_args(wrong)
        assert ended.value.code == 2
        message = capsys.readouterr().err
        assert message.startswith("error: ")
        assert message.endswith(f"; {prog} --help shows the options\n")
        assert message.count("\n") == 1


def test_a_part_of_an_option_is_no_option(capsys: pytest.CaptureFixture[str]) -> None:
    parser = Parser(prog="scripts/thing")
    parser.add_argument("--gateway", action="store_true")
    with pytest.raises(SystemExit):
        parser.parse_args(["--gate"])
    assert "unrecognized arguments: --gate" in capsys.readouterr().err


def test_names_are_chosen_in_their_own_order() -> None:
    known = ("one", "two", "three")
    assert choose(["three", "one"], known) == ["one", "three"]
    assert choose(None, known) == list(known)
    with pytest.raises(UserError, match="there is no four: choose from one, two, three"):
        choose(["one", "four"], known)
