"""The one mended class of TorchServe's frontend."""

import zipfile
from importlib.util import find_spec
from pathlib import Path

from serving import frontend

CLASS = "org/pytorch/serve/http/api/rest/InferenceRequestHandler.class"


def test_the_installed_torchserve_is_the_one_that_is_mended(tmp_path: Path) -> None:
    assert frontend.mend(tmp_path)
    spec = find_spec("ts")
    assert spec is not None
    assert spec.origin is not None
    with zipfile.ZipFile(Path(spec.origin).parent / "frontend" / "model-server.jar") as jar:
        original = jar.read(CLASS)
    mended = (tmp_path / CLASS).read_bytes()
    assert len(mended) == len(original)
    assert sum(old != new for old, new in zip(original, mended, strict=True)) == 3
