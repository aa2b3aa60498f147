"""A child process that reads an order from its standard input and replies in lines of JSON."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from recsys_core.data.sandbox.limits import HUGE_PAGES

_PROJECT = Path(__file__).parent.parent.parent
# Threads of BLAS and arenas of malloc take address space that counts against the limit.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2", **HUGE_PAGES}


class ChildProcess:
    """`python -m recsys_core.<module>` with the database's URL; it ends with this process, or by `kill`."""

    def __init__(self, module: str, database_url: str):
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"recsys_core.{module}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_PROJECT,
            env={
                **os.environ,
                **_ENVIRONMENT,
                "RECSYS_DATABASE_URL": database_url,
                "PYTHONPATH": str(_PROJECT),
            },
        )

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self.process.pid

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()

    def send(self, order: dict[str, Any], contents: Iterable[bytes] = ()) -> None:
        """Send the order as a line of JSON, and the bytes behind it; what a child that has ended leaves is dropped."""
        stdin = self.process.stdin
        assert stdin is not None
        with suppress(BrokenPipeError):  # the reply says why, or the return code does
            stdin.write(json.dumps(order).encode() + b"\n")
            for content in contents:
                stdin.write(content)
            stdin.flush()

    def replies(self) -> Iterator[dict[str, Any]]:
        """Yield what the child replies until it has ended."""
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None and stdout is not None
        for line in stdout:
            yield json.loads(line)
        self.process.wait()
        with suppress(BrokenPipeError):
            stdin.close()
        stdout.close()
