"""The most memory that this process has held, for tests that run code in a process of its own.

Not from getrusage: what that tells a child starts at the size of the parent that forked it.
"""

from pathlib import Path

import pytest

STATUS = Path("/proc/self/status")
needs_peak = pytest.mark.skipif(not STATUS.exists(), reason="only Linux tells how much memory a process has had")


def peak_bytes() -> int:
    [line] = [line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM")]
    return 1024 * int(line.split()[1])
