"""The child process: `python -m recsys_core.data.sandbox.child KIND whole|head [WANTED …]`.

It reads a file from standard input and replies on standard output with one line of JSON, then the bytes that it
describes; an error is a reply too.
"""

import json
import os
import sys

from recsys_core.data.sandbox import Head
from recsys_core.data.sandbox.limits import MEMORY, SECONDS, damaged, megabytes
from recsys_core.data.sandbox.marks import HEAD
from recsys_core.errors import InputError


def main(kind: str, how_much: str, *wanted: str) -> None:
    """Read the file on standard input, write the reply to standard output, and exit."""
    _limit()
    content = sys.stdin.buffer.read()
    try:
        head, payload = _read(kind, content, list(wanted), how_much == HEAD)
    except InputError as error:
        head, payload = {"error": str(error)}, []
    except MemoryError:
        limit = f"the limit of {megabytes(MEMORY)} of memory"
        head, payload = (
            {"error": f"A file must be readable within {limit}. This one is too large: save it as CSV."},
            [],
        )
    except Exception as error:  # what no check foresaw is told as well, rather than the number with which a child ends
        head, payload = {"error": str(damaged("A file", error))}, []
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n")
    sys.stdout.buffer.writelines(payload)
    sys.stdout.flush()
    # The reply is complete; native libraries that end their threads at an orderly exit could only spoil it.
    os._exit(0)


def _read(kind: str, content: bytes, wanted: list[str], is_head: bool = False) -> tuple[Head, list[bytes]]:
    """Read the file with the reader of its kind, which is imported only here so that the child starts quickly."""
    if kind == "zip":
        from recsys_core.data.sandbox.archives import read_zip

        return read_zip(content, wanted, is_head)
    if kind == "gzip":
        from recsys_core.data.sandbox.archives import read_gzip

        return read_gzip(content, is_head)
    if kind == "xlsx":
        from recsys_core.data.sandbox.workbook import read
    elif kind == "npz":
        from recsys_core.data.sandbox.arrays import read
    elif kind == "model":
        from recsys_core.data.sandbox.model import read as read_model

        return read_model(content)
    else:
        from recsys_core.data.sandbox.parquet import read
    return read(content, is_head)


def _limit() -> None:
    """Limit the memory and the processor time of this process."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    except (ImportError, ValueError, OSError):
        pass  # Windows has no such limits, and macOS has none of memory; the checks of sizes and the time limit remain


if __name__ == "__main__":
    main(*sys.argv[1:])
