"""Limit how large a file may become: what it declares is checked before anything is unpacked."""

from recsys_core.errors import InputError

MEMORY = 4 << 30
"""Bytes of address space of the child, where the system can limit it (Linux; macOS ignores the limit)."""
SECONDS = 120
"""Seconds of the processor that the child may take."""
WAITING = 5 * SECONDS
"""Seconds by the clock, since a busy machine gives it only a part of the processor."""
HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""A variable with which glibc asks for memory in large pages: a child that reads large data spends half as much time on
getting it."""
MAX_EXPANDED = 1 << 30
MAX_ROWS = 20_000_000
MAX_COLUMNS = 20_000
MAX_MEMBERS = 100
HEAD_BYTES, HEAD_ROWS, HEAD_CELLS = 4 << 20, 200_000, 4_000_000
"""So much of a file, of text, rows or cells, is read where only its head is wanted."""
MAX_TEXT = 1_000_000
"""Characters of one value: beyond this it is no id, title or number, and would be copied into every part of the app."""
# Tables shrink to a tenth or so; a file that expands further than this was made to.
MAX_RATIO = 250
HARMLESS = 32 << 20


def check_expansion(n_bytes: int, n_expanded: int, what: str) -> None:
    """Raise InputError where a file of `n_bytes` would expand to too many bytes, whatever they are."""
    if n_expanded > MAX_EXPANDED or n_expanded > max(HARMLESS, MAX_RATIO * n_bytes):
        raise InputError(
            f"{what} must expand to at most {megabytes(MAX_EXPANDED)}, and to at most {MAX_RATIO} times its own size. "
            f"This one expands from {megabytes(n_bytes)} to {megabytes(n_expanded)}, which is too large: "
            "take a sample of it, or save it as CSV."
        )


def check_shape(n_rows: int, n_columns: int, what: str) -> None:
    """Raise InputError where a table has too many rows or columns."""
    if n_rows > MAX_ROWS or n_columns > MAX_COLUMNS:
        raise InputError(
            f"{what} must have at most {MAX_ROWS:,} rows and {MAX_COLUMNS:,} columns. This one has "
            f"{n_rows:,} rows and {n_columns:,} columns, which is too many: take a sample of it."
        )


def check_columns(n_fields: int) -> None:
    """Raise InputError where the lines of a text have too many fields."""
    if n_fields > MAX_COLUMNS:
        raise InputError(
            f"A file must have at most {MAX_COLUMNS:,} columns. This one has {n_fields:,}: choose another "
            "'Delimiter', or write one rating a line."
        )


def n_head_rows(n_columns: int) -> int:
    """Return how many rows the head of a table has."""
    return min(HEAD_ROWS, HEAD_CELLS // max(1, n_columns))


def check_text(n_characters: int, where: str) -> None:
    """Raise InputError where one value, named by `where`, is a text that is too long."""
    if n_characters > MAX_TEXT:
        raise InputError(
            f"A value must have at most {MAX_TEXT:,} characters. The longest {where} has {n_characters:,}: shorten it, "
            "or remove its column."
        )


def megabytes(n_bytes: int) -> str:
    """Write a size as '1.5 MB'."""
    return f"{n_bytes / 1e6:,.1f} MB"


def damaged(what: str, error: BaseException | str) -> InputError:
    """Return the error for a file that the reader of its format cannot read."""
    reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
    return InputError(f"{what} must be complete. This one is damaged or incomplete ({reason}). Export it again.")
