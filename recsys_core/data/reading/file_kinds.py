"""Detect the kind of a file from its first bytes, never from its name alone."""

import json
import re
from pathlib import PurePath

from recsys_core.data.reading.encodings import ENCODINGS
from recsys_core.data.sandbox.run_child import KINDS
from recsys_core.errors import InputError

MAX_BYTES = 500_000_000
MAGIC = (
    (b"PAR1", "parquet"),
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"BZh91AY&SY", "a bzip2-compressed file"),
    (b"\xfd7zXZ", "an xz-compressed file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard-compressed file"),
    (b"7z\xbc\xaf\x27\x1c", "a compressed 7z archive"),
    (b"Rar!\x1a\x07", "a compressed RAR archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old (.xls) or a password-protected Excel workbook"),
    (b"\x93NUMPY", "a NumPy array (.npy)"),
    (b"\x89HDF\r\n", "an HDF5 file"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"ARROW1", "an Arrow (Feather) file"),
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"version https://git-lfs.github.com/", "a pointer of Git LFS, which says where the file itself lies"),
)
TAR = b"ustar"
"""The mark of a tar archive, 257 bytes from its beginning."""
# A file of these kinds must have the ending, and a file with the ending must be of the kind: renaming a file does not
# convert it, and whoever sees the ending should know what is inside.
ENDINGS = {
    ".parquet": ("parquet", "a Parquet file"),
    ".xlsx": ("zip", "an Excel workbook (.xlsx)"),
    ".xls": ("", "an Excel workbook (.xls)"),
    ".npz": ("zip", "a NumPy archive (.npz)"),
    ".zip": ("zip", "a ZIP archive"),
    ".gz": ("gzip", "a gzip-compressed file"),
}
READABLE = "CSV, TSV, .dat, Parquet, XLSX, NPZ, Matrix Market, JSON lines, or one of these in .gz or .zip"
# Protocols 2 to 5 begin with PROTO, then (from 4 on) FRAME; UTF-8 text never starts with 0x80.
PICKLE = re.compile(rb"\x80[\x02-\x05]")
JSON = re.compile(rb'\s*(\{\s*["}]|\[\s*[\[\]{"])')
PYTHON = re.compile(rb"\s*[\[(]?\s*\{\s*u?'")
MARKUP = re.compile(rb"\s*<(!doctype|html|head|body|!--|script|svg|\?xml)", re.IGNORECASE)
# Control characters that text does not have; tabs, line ends, form feeds and escapes are not among them.
CONTROL = bytes(set(range(32)) - {0, 9, 10, 11, 12, 13, 27, 28, 29, 30, 31})
# Beyond this share of lines, a NUL is no accident.
MOST_DAMAGED = 0.2
UNICODE_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def check_size(content: bytes, filename: str) -> None:
    """Raise InputError for a file that is empty or too large."""
    if not content or content.isspace():
        raise InputError(f"A rating file must have rows. The file is empty: {_named(filename)}. Choose another.")
    if len(content) > MAX_BYTES:
        raise InputError(
            f"A rating file must have at most {MAX_BYTES / 1e6:,.0f} MB. {_named(filename)} has "
            f"{len(content) / 1e6:,.0f} MB, which is too large: take a sample of it."
        )


def detect_kind(content: bytes, filename: str, encoding: str | None = None) -> str:
    """Return "text", "matrix market", "json lines" or a kind of recsys_core.data.sandbox.

    Raises InputError for any other kind. Zero bytes without a byte order
    mark pass only where the chosen `encoding` is UTF-16.
    """
    suffix = PurePath(filename).suffix.lower()
    start = content[:4096]
    promised, promise = ENDINGS.get(suffix, (None, ""))
    for magic, kind in MAGIC:
        if start.startswith(magic):
            if kind not in KINDS:
                raise _refusal(filename, kind)
            if kind == promised:
                return suffix[1:] if kind == "zip" else kind
            raise _misnamed(filename, kind)
    if start[257:262] == TAR:
        raise _refusal(filename, "a tar archive, which may hold several files")
    if PICKLE.match(start):
        raise _refusal(filename, "binary data (a Python pickle, which is never opened because it can run code)")
    if suffix in ENDINGS:
        raise InputError(
            f"A file named {suffix} must be {promise}. {_named(filename)} is not: it is damaged, incomplete or was "
            "only renamed. Export it again, or give a text table the ending .csv."
        )
    is_wide = start.startswith(UNICODE_MARKS[1:]) or (encoding or "").startswith("utf-16")
    head = content[:200_000]
    if start.startswith(UNICODE_MARKS[1:]):
        head = head.decode("utf-16", "ignore").encode("utf-8", "ignore")
    text_start = head[:4096].removeprefix(UNICODE_MARKS[0])
    if JSON.match(text_start):
        if suffix in (".jsonl", ".ndjson") or _has_an_object_a_line(head):
            return "json lines"
        raise _refusal(filename, "JSON, but not one object per line; write it as JSON lines")
    if PYTHON.match(text_start):
        raise _refusal(filename, "a list of Python dictionaries, which only looks like JSON; write it as JSON lines")
    if MARKUP.match(text_start):
        raise _refusal(filename, "a web page or other markup (HTML or XML); perhaps a sign-in page was saved")
    if text_start.startswith(b"%%MatrixMarket"):
        return "matrix market"
    if not is_wide and b"\0" in content:
        if _is_wide_text(start):
            name = ENCODINGS["utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be"]
            raise InputError(
                f"A text file in the encoding UTF-16 must begin with a byte order mark. {_named(filename)} looks "
                f"like UTF-16 without one. Save it as UTF-8, or choose '{name}' for 'Encoding'."
            )
        if not _is_text_with_few_nul(content):
            raise _refusal(filename, "binary data, not a text file")
    return "text"


def _has_an_object_a_line(content: bytes) -> bool:
    """Tell whether the first line is a complete JSON object."""
    line = content.removeprefix(UNICODE_MARKS[0]).lstrip().partition(b"\n")[0].partition(b"\r")[0]
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _is_text_with_few_nul(content: bytes) -> bool:
    """Tell whether zero bytes are an accident on a few lines of what is otherwise text."""
    lines = content.replace(b"\r", b"\n").split(b"\n")
    n_damaged = sum(b"\0" in line for line in lines)
    start = content[:65_536].replace(b"\0", b"")
    n_control = len(start) - len(start.translate(None, CONTROL))
    return n_damaged <= max(1, MOST_DAMAGED * len(lines)) < len(lines) and n_control <= 0.001 * len(start)


def _is_wide_text(start: bytes) -> bool:
    """Tell whether every second byte is zero, as in Latin text written as UTF-16."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    return max(even, odd) > 0.4 * len(start) / 2 and min(even, odd) < 0.1 * len(start) / 2


def _named(filename: str) -> str:
    name = PurePath(filename).name
    return repr(name if len(name) <= 60 else name[:59] + "…")


def _misnamed(filename: str, kind: str) -> InputError:
    words = {"parquet": "a Parquet file", "gzip": "a gzip-compressed file", "zip": "a ZIP archive or Excel workbook"}
    endings = " or ".join(ending for ending, (wrapped, _) in ENDINGS.items() if wrapped == kind)
    return InputError(
        f"The ending of a file must say what it is. The bytes of {_named(filename)} are those of {words[kind]}. "
        f"Give it the ending {endings}, or export the table as CSV."
    )


def _refusal(filename: str, kind: str) -> InputError:
    return InputError(
        f"A rating file must be a table ({READABLE}). {_named(filename)} is {kind}. "
        "Export the table as CSV and choose that."
    )
