"""Reader of the YAML templates in this folder, and writer of YAML."""

from pathlib import Path
from typing import Any

import yaml

_FOLDER = Path(__file__).parent


class _Dumper(yaml.SafeDumper):  # type: ignore[misc] # the package has no types
    """Writer of YAML without anchors, which are hard to read."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def load(name: str) -> Any:
    """Return the content of a template; repeated content is one object."""
    return yaml.safe_load((_FOLDER / name).read_text())


def dump(content: Any) -> bytes:
    text: str = yaml.dump(
        content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None
    )
    return text.encode()
