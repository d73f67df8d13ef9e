import pytest

from serving.arguments import Parser


def test_an_error_is_one_line_that_names_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    parser = Parser(prog="scripts/thing")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("add").add_argument("--days", type=int)
    for wrong, prog in ((["add", "--days", "x"], "scripts/thing add"), (["--nothing"], "scripts/thing")):
        with pytest.raises(SystemExit) as ended:
            parser.parse_args(wrong)
        assert ended.value.code == 2
        told = capsys.readouterr().err
        assert told.startswith("error: ")
        assert told.endswith(f"; {prog} --help shows what there is\n")
        assert told.count("\n") == 1
