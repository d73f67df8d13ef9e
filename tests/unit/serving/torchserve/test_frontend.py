"""The mended classes of TorchServe's frontend."""

import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from serving.torchserve import frontend
from serving.torchserve.frontend import MENDINGS, Mending


@pytest.mark.parametrize("mending", MENDINGS, ids=lambda mending: Path(mending.path).stem)
def test_the_installed_torchserve_is_the_one_that_is_mended(tmp_path: Path, mending: Mending) -> None:
    assert mending in frontend.mend(tmp_path)
    spec = find_spec("ts")
    assert spec is not None
    assert spec.origin is not None
    with zipfile.ZipFile(Path(spec.origin).parent / "frontend" / "model-server.jar") as jar:
        original = jar.read(mending.path)
    mended = (tmp_path / mending.path).read_bytes()
    constants = {frontend.REQUESTS.path: 16, frontend.WORKERS.path: 26}.get(
        mending.path, 0
    )  # bytes it adds to the pool
    assert len(mended) == len(original) + constants
    assert mended != original


def test_a_class_that_differs_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontend, "_original", lambda path: b"another")
    assert frontend.mend(tmp_path) == []
    assert not list(tmp_path.iterdir())
