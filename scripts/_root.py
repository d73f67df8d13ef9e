"""Imported by every script, for its effect: the repository's packages are found wherever the script is started."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
