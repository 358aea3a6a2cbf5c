"""The rule about skips."""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))

from ci_rule import pytest_runtest_makereport  # noqa: E402, F401
