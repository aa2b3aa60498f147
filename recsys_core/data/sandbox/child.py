"""The child: `python -m recsys_core.data.sandbox.child KIND [WANTED …]` reads a file from its standard input.

The reply on standard output is one line of JSON and then the bytes it speaks of; an error is a reply too.
"""

import json
import os
import sys

from recsys_core.data.sandbox.limits import MEMORY, SECONDS, megabytes
from recsys_core.errors import InputError


def main(kind: str, *wanted: str) -> None:
    _limit()
    content = sys.stdin.buffer.read()
    try:
        head, payload = _read(kind, content, list(wanted))
    except InputError as error:
        head, payload = {"error": str(error)}, []
    except MemoryError:
        limit = f"the limit of {megabytes(MEMORY)} of memory"
        head, payload = (
            {"error": f"A file must be readable within {limit}. This one is too large: save it as CSV."},
            [],
        )
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n")
    sys.stdout.buffer.writelines(payload)
    sys.stdout.flush()
    # The reply is whole: what native libraries do to their threads at an orderly exit can only spoil it.
    os._exit(0)


def _read(kind: str, content: bytes, wanted: list[str]) -> tuple[dict, list[bytes]]:
    """Each reader is imported only where it is needed: the child's start is what a person waits for."""
    if kind == "zip":
        from recsys_core.data.sandbox.archives import read_zip

        return read_zip(content, wanted)
    if kind == "gzip":
        from recsys_core.data.sandbox.archives import read_gzip

        return read_gzip(content)
    if kind == "xlsx":
        from recsys_core.data.sandbox.workbook import read
    elif kind == "npz":
        from recsys_core.data.sandbox.arrays import read
    elif kind == "model":
        from recsys_core.data.sandbox.model import read
    else:
        from recsys_core.data.sandbox.parquet import read
    return read(content)


def _limit() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    except (ImportError, ValueError, OSError):
        pass  # Windows has no such limits and macOS not this one; the checks of sizes and the time-out remain


if __name__ == "__main__":
    main(*sys.argv[1:])
