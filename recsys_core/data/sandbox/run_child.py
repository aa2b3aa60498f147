"""Run a child process that reads a file: wait with a time limit, and trust only a well-formed reply."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from recsys_core.data.sandbox import Head
from recsys_core.data.sandbox.limits import HUGE_PAGES, MEMORY, SECONDS, WAITING, megabytes
from recsys_core.data.sandbox.marks import HEAD, WHOLE
from recsys_core.errors import InputError, to_python

KINDS = ("parquet", "xlsx", "npz", "gzip", "zip", "model")
_PROJECT = Path(__file__).parent.parent.parent.parent
# One thread each: threads of BLAS and arenas of malloc take address space that counts against the limit.
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    **HUGE_PAGES,
}


def unpack(
    content: bytes, kind: str, wanted: tuple[str, ...] = (), seconds: float | None = None, *, is_head: bool = False
) -> tuple[Head, bytes]:
    """Read a file of `kind` in a child process; return (what it found out, as JSON; the bytes of its reply).

    `wanted` are names to prefer in an archive, `seconds` is the time limit, by default WAITING, or SECONDS for a head.
    Where only the head is asked for, rows and text end after the first HEAD_ROWS and HEAD_BYTES, long texts are cut,
    and "is_cut" in the reply tells either. Raises InputError with the child's message, or where it crashed, hung or ran
    out of memory.
    """
    if kind not in KINDS:
        raise InputError(f"The kind must be one of {', '.join(KINDS)}. Got {to_python(kind)!r}.")
    if seconds is None:
        seconds = SECONDS if is_head else WAITING
    with tempfile.TemporaryFile() as reply:  # through a pipe, large columns would take half a second more
        try:
            done = subprocess.run(
                [sys.executable, "-m", "recsys_core.data.sandbox.child", kind, HEAD if is_head else WHOLE, *wanted],
                input=content,
                stdout=reply,
                stderr=subprocess.DEVNULL,
                timeout=seconds,
                cwd=_PROJECT,
                env={**os.environ, **_ENVIRONMENT, "PYTHONPATH": str(_PROJECT)},
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise InputError(
                f"A file must be readable within {seconds:g} seconds. This one was not: it is too large or damaged. "
                "Save it as CSV, or take a sample of it."
            ) from None
        reply.seek(0)
        line, payload = reply.readline(), reply.read()
    try:
        head = json.loads(line)
    except ValueError:
        head = None
    if done.returncode or not isinstance(head, dict):
        raise InputError(
            f"A file must be complete, and readable within {megabytes(MEMORY)} of memory. This one made its reader "
            f"fail (code {done.returncode}): it is damaged or too large. Export it again, best as CSV."
        )
    if "error" in head:
        raise InputError(head["error"])
    return head, payload
