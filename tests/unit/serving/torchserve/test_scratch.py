"""A folder from which TorchServe can load its libraries."""

import os
from pathlib import Path

import pytest

from serving.errors import UserError
from serving.torchserve import scratch


def test_a_folder_that_runs_nothing_is_refused() -> None:
    if not Path("/proc/mounts").exists() or not os.statvfs("/proc").f_flag & os.ST_NOEXEC:
        pytest.skip("/proc is not mounted noexec here")
    with pytest.raises(UserError, match="/proc is mounted noexec"):
        scratch.check_executable(Path("/proc"))


def test_the_folder_is_new_and_its_name_says_whose_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    first, second = scratch.make(executable=True), scratch.make(executable=False)
    assert first != second
    assert {path.parent for path in (first, second)} == {tmp_path}
    assert first.name.startswith(scratch.PREFIX)
