"""Decode the bytes of a text file; the encoding is guessed where it is not given."""

import re
from dataclasses import dataclass

from recsys_core.data.reading.encodings import ENCODINGS, encoding_examples, guess_encoding
from recsys_core.data.reading.receipt import list_quoted
from recsys_core.errors import InputError, to_python

UNDECODED = re.compile("[\udc80-\udcff]")
BEYOND_ASCII = re.compile("[^\x00-\x7f\udc80-\udcff]")


@dataclass(frozen=True)
class Decoded:
    """The text with all line ends as \\n, the encoding used, and warnings about it.

    `readings` are (encoding, up to five texts as they read in it) where the encoding was guessed.
    """

    text: str
    encoding: str
    warnings: tuple[str, ...] = ()
    readings: tuple[tuple[str, tuple[str, ...]], ...] = ()


def decode(content: bytes, encoding: str | None = None) -> Decoded:
    """Decode `content`; without an `encoding`, it is guessed. No byte is dropped or replaced by a '?'.

    Raises InputError for an unknown encoding and for damaged UTF-16.
    """
    if encoding is not None and encoding not in ENCODINGS:
        raise InputError(f"The encoding must be one of {', '.join(ENCODINGS)}. Got {to_python(encoding)!r}.")
    if encoding is None and content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    if encoding is not None and encoding.startswith("utf-16"):
        return Decoded(_unify_line_ends(_decode_wide(content, encoding)), encoding)
    text = _unify_line_ends(content.decode(encoding or "utf-8", "surrogateescape"))
    undecoded = UNDECODED.findall(text)
    if not undecoded:
        return Decoded(text, encoding or "utf-8")
    lines = [n for n, line in enumerate(text.split("\n"), 1) if UNDECODED.search(line)]
    where = f"line {', line '.join(map(str, lines[:5]))}{', …' if len(lines) > 5 else ''}"
    if encoding is None and len(undecoded) > len(BEYOND_ASCII.findall(text)):
        return _decode_legacy(content, where)
    text = _escape_undecoded(text)
    name = ENCODINGS[encoding or "utf-8"]
    warning = f"Some bytes are not text in the encoding {name}. They were written out as \\x.. ({where})."
    readings = encoding_examples(content) if encoding is None else ()
    return Decoded(text, encoding or "utf-8", (warning,), readings)


def _decode_legacy(content: bytes, where: str) -> Decoded:
    """Decode text that is not UTF-8 in its likeliest encoding, with examples of how it reads in others."""
    encoding = guess_encoding(content)
    text = content.decode(encoding, "surrogateescape")
    has_undecoded = UNDECODED.search(text) is not None
    text = _escape_undecoded(text)
    readings = encoding_examples(content)
    examples = dict(readings).get(encoding) or sorted({sign for sign in text if ord(sign) > 127})
    warning = (
        f"The file is not UTF-8 ({where}). It was read in the encoding {ENCODINGS[encoding]}, "
        f"which gives {list_quoted(examples, 5)}. If these look wrong, choose another 'Encoding'."
    )
    if has_undecoded:
        warning += " Bytes that are not text in it were written out as \\x.. ."
    return Decoded(_unify_line_ends(text), encoding, (warning,), readings)


def _escape_undecoded(text: str) -> str:
    """Write bytes that are no text as \\x.. ."""
    # Not all by the same sign: two different ids must not become one.
    return UNDECODED.sub(lambda sign: f"\\x{ord(sign[0]) - 0xDC00:02x}", text)


def _decode_wide(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise InputError(
            f"A file in the encoding UTF-16 must be complete. This one is damaged at byte {error.start + 1:,}. "
            "Save it as UTF-8, or choose another 'Encoding'."
        ) from None
    if text.count("\0") > 0.05 * len(text):
        raise InputError("A text file must not contain NUL characters. This one does: it is binary or damaged.")
    return text


def _unify_line_ends(text: str) -> str:
    """Make all line ends \\n, so that a line is what an editor shows; U+2028 and the like are no line ends.

    Where files were put one after the other, each begins with a byte order mark, which belongs to no field.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\n\ufeff", "\n") if "\ufeff" in text else text
