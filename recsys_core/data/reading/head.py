"""Take the head of a large text file: enough to guess how the whole is arranged, and quick whatever follows."""

from recsys_core.data.sandbox.limits import HEAD_BYTES, megabytes
from recsys_core.errors import InputError

_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def cut_head(content: bytes, encoding: str = "") -> bytes:
    """Return the first lines of `content`, at most HEAD_BYTES of them; of binary data whatever comes first.

    `encoding` is what a person chose, or "".
    """
    if len(content) < HEAD_BYTES:
        return content
    head = content[:HEAD_BYTES]
    if head.startswith(_WIDE_MARKS) or encoding.startswith("utf-16"):
        is_big = head.startswith(_WIDE_MARKS[1]) or encoding == "utf-16-be"
        end = head.rfind(b"\0\n" if is_big else b"\n\0")
        while end % 2 and end > 0:  # half of one sign and half of the next
            end = head.rfind(b"\0\n" if is_big else b"\n\0", 0, end)
        return head[: end + 2] if end > 0 else head[: len(head) // 2 * 2]
    end = max(head.rfind(b"\n"), head.rfind(b"\r"))
    return head[: end + 1] if end > 0 else head


def check_head(head: bytes) -> None:
    """Raise InputError where a head of text shows no table: it is blank, or a single line without an end."""
    if not head.strip():
        raise InputError(
            f"A file must begin with its table. The first {megabytes(len(head))} of this one are blank: remove them."
        )
    n_lines = head.count(b"\n") or head.count(b"\r")
    if not n_lines or len(head) < HEAD_BYTES // 2:  # a line that ends beyond the head was cut off
        which = f"Line {n_lines + 1:,}" if n_lines else "The first line"
        raise InputError(
            f"A file must have a line for each row. {which} of this one has more than {megabytes(HEAD_BYTES // 2)}: it "
            "is no table of ratings, or has other line ends. Export the table as CSV."
        )
