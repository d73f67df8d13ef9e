"""Log files that several processes append to and rotate."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from serving import paths, rotation


def files(path: Path) -> list[Path]:
    """Return the files, the newest first."""
    before = sorted(path.parent.glob(f"{path.name}.*"), key=lambda file: int(file.suffix[1:]))
    return [path, *before]


def lines(path: Path) -> list[str]:
    """Return the lines of all files, the oldest first."""
    return [line for file in reversed(files(path)) for line in file.read_text().splitlines()]


def test_a_file_without_room_is_followed_by_another(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    for line in (b"one\n", b"two\n", b"six\n"):
        rotation.append(path, line, size=8)
    assert [file.read_text() for file in files(path)] == ["six\n", "one\ntwo\n"]


def test_the_oldest_file_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    for number in range(6):
        rotation.append(path, f"{number}\n".encode(), size=2, number=3)
    assert {file.name: file.read_text() for file in files(path)} == {"a.log": "5\n", "a.log.1": "4\n", "a.log.2": "3\n"}
    assert len([*tmp_path.iterdir()]) == 3


def test_what_is_longer_than_a_file_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    for line in (b"longer than a file\n", b"1\n", b"longer than a file\n"):
        rotation.append(path, line, size=4)
    assert lines(path) == ["longer than a file", "1", "longer than a file"]


def test_only_the_owner_reads_it(tmp_path: Path) -> None:
    rotation.append(tmp_path / "a.log", b"one\n")
    assert (tmp_path / "a.log").stat().st_mode & 0o777 == 0o600


def test_a_gap_is_filled_before_a_file_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    for name, text in (("a.log", "d\n"), ("a.log.1", "c\n"), ("a.log.3", "a\n")):
        (tmp_path / name).write_text(text)
    rotation.append(path, b"e\n", size=2, number=4)
    assert [file.read_text() for file in files(path)] == ["e\n", "d\n", "c\n", "a\n"]


def test_a_file_that_cannot_be_renamed_grows(tmp_path: Path) -> None:
    """``chattr +a`` causes this. A non-empty folder as the target causes it, too."""
    path = tmp_path / "a.log"
    (tmp_path / "a.log.1" / "in the way").mkdir(parents=True)
    for number in range(4):
        rotation.append(path, f"{number}\n".encode(), size=2, number=2)
    assert path.read_text() == "0\n1\n2\n3\n"


def test_a_file_that_may_only_grow_does_and_those_before_it_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    for number in range(3):
        rotation.append(path, f"{number}\n".encode(), size=2, number=4)
    if not shutil.which("chattr") or attribute("+a", path):
        pytest.skip("chattr +a takes root, and a file system that has it")
    try:
        for number in range(3, 6):
            rotation.append(path, f"{number}\n".encode(), size=2, number=4)
    finally:
        assert attribute("-a", path) == 0
    assert lines(path) == ["0", "1", "2", "3", "4", "5"]


def attribute(change: str, path: Path) -> int:
    return subprocess.run(["chattr", change, path], check=False, capture_output=True, timeout=10).returncode


def test_processes_lose_no_line_and_write_none_twice(tmp_path: Path) -> None:
    """Each file has room for about twenty lines, so that the four writers rotate it 40 times."""
    path, program = (
        tmp_path / "a.log",
        (
            "import sys; from pathlib import Path; from serving import rotation\n"
            "for n in range(200): "
            "rotation.append(Path(sys.argv[1]), f'{sys.argv[2]} {n} {40 * \".\"}\\n'.encode(), size=1000, number=100)"
        ),
    )
    command = [sys.executable, "-c", program, str(path)]
    writers = [subprocess.Popen([*command, letter], cwd=paths.ROOT) for letter in "abcd"]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    assert len(files(path)) >= 36
    assert all(file.stat().st_size <= 1000 for file in files(path))
    written = [line.split()[:2] for line in lines(path)]
    for letter in "abcd":
        assert [int(number) for name, number in written if name == letter] == list(range(200))


PRINTS = """
import os, sys
from pathlib import Path
from serving import log, rotation
import logging, subprocess
path = Path(sys.argv[1])
rotation.redirect(path, size=1000)
log.begin(True)
for number in range(30):
    logging.info("entry %d", number)
print("printed")
subprocess.run(["echo", "by a child"], check=True)
os.write(2, b"by itself\\n")
raise ValueError("the end")
"""


def test_what_a_process_prints_goes_to_the_file_that_is_there(tmp_path: Path) -> None:
    """This holds for logs, prints, uncaught exceptions and output outside Python's streams, also after rotations."""
    path = tmp_path / "a.log"
    with path.open("a") as output:
        command = [sys.executable, "-c", PRINTS, str(path)]
        completed = subprocess.run(command, cwd=paths.ROOT, stdout=output, stderr=output, check=False, timeout=60)
    assert completed.returncode == 1
    assert len(files(path)) >= 3
    assert all(file.stat().st_size <= 1100 for file in files(path))
    printed = lines(path)
    logged = [json.loads(line)["message"] for line in printed if "entry" in line]
    assert logged == [f"entry {number}" for number in range(30)]
    assert printed[-4:-1] == ["printed", "by a child", "by itself"]
    assert "ValueError: the end" in printed[-1]


LOSES = """
import shutil, sys
from pathlib import Path
from serving import rotation
path = Path(sys.argv[1])
rotation.redirect(path)
shutil.rmtree(path.parent)
print("lost")
path.parent.mkdir()
print("kept")
"""


def test_what_cannot_be_written_is_lost_and_the_process_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "a.log"
    path.parent.mkdir()
    command = [sys.executable, "-c", LOSES, str(path)]
    completed = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (completed.returncode, completed.stdout, completed.stderr) == (0, "", "")
    assert path.read_text() == "kept\n"


def test_a_file_that_someone_removes_is_made_anew(tmp_path: Path) -> None:
    assert rotation._rotate(tmp_path / "a.log", 3)


@pytest.mark.parametrize("number", [2, 5])
def test_as_many_files_as_said(tmp_path: Path, number: int) -> None:
    for _ in range(20):
        rotation.append(tmp_path / "a.log", b"line\n", size=5, number=number)
    assert len([*tmp_path.iterdir()]) == number
