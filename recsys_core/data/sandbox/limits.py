"""How much a file may unfold to: checked against what it declares, before anything is unfolded."""

from recsys_core.errors import InputError

MEMORY = 4 << 30
"""Bytes of address space of the child, where the system can limit it (Linux; macOS ignores the limit)."""
SECONDS = 120
MAX_EXPANDED = 1 << 30
MAX_ROWS = 20_000_000
MAX_COLUMNS = 20_000
MAX_MEMBERS = 100
# Tables shrink to a tenth or so; a file that unfolds further than this was made to.
MAX_RATIO = 250
HARMLESS = 32 << 20


def check_expansion(n_bytes: int, n_expanded: int, what: str) -> None:
    """Raises InputError where `n_bytes` of a file declare too much content, whatever that content is."""
    if n_expanded > MAX_EXPANDED or n_expanded > max(HARMLESS, MAX_RATIO * n_bytes):
        raise InputError(
            f"{what} must stay within the limit of {megabytes(MAX_EXPANDED)}, and of {MAX_RATIO} times its own size. "
            f"This one expands from {megabytes(n_bytes)} to {megabytes(n_expanded)}, which is too large: "
            "take a sample of it, or save it as CSV."
        )


def check_shape(n_rows: int, n_columns: int, what: str) -> None:
    """Raises InputError where a table has more rows or columns than can be taken in."""
    if n_rows > MAX_ROWS or n_columns > MAX_COLUMNS:
        raise InputError(
            f"{what} must stay within the limit of {MAX_ROWS:,} rows and {MAX_COLUMNS:,} columns. This one has "
            f"{n_rows:,} rows and {n_columns:,} columns, which is too many: take a sample of it."
        )


def megabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:,.1f} MB"


def damaged(what: str, error: BaseException | str) -> InputError:
    """The refusal of a file that its own format's reader gave up on."""
    reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
    return InputError(f"{what} must be complete. This one is damaged or incomplete ({reason}). Export it again.")
