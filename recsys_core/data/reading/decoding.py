"""Which characters do the bytes stand for?"""

import re
from dataclasses import dataclass

from recsys_core.data.reading.receipt import listed
from recsys_core.errors import InputError

# What a person may choose; each can be read without running into surprises of exotic codecs.
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 (little endian)",
    "utf-16-be": "UTF-16 (big endian)",
    "latin-1": "ISO-8859-1 (Latin-1)",
    "cp1252": "Windows-1252 (cp1252)",
    "cp1250": "Windows-1250 (Central European)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "gb18030": "GB 18030 (Chinese)",
    "shift_jis": "Shift JIS (Japanese)",
}
UNDECODED = re.compile("[\udc80-\udcff]")
BEYOND_ASCII = re.compile("[^\x00-\x7f\udc80-\udcff]")


@dataclass(frozen=True)
class Decoded:
    """The text with all line ends as \\n, the encoding used, and what is doubtful about it."""

    text: str
    encoding: str
    warnings: tuple[str, ...] = ()


def decode(content: bytes, encoding: str | None = None) -> Decoded:
    """The bytes as text; without `encoding` it is guessed. No byte is dropped or replaced by a '?'."""
    if encoding is not None and encoding not in ENCODINGS:
        raise InputError(f"The encoding must be one of {', '.join(ENCODINGS)}. Got {encoding!r}.")
    if encoding is None and content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    if encoding is not None and encoding.startswith("utf-16"):
        return Decoded(_unified(_decode_wide(content, encoding)), encoding)
    text = _unified(content.decode(encoding or "utf-8", "surrogateescape"))
    undecoded = UNDECODED.findall(text)
    if not undecoded:
        return Decoded(text, encoding or "utf-8")
    lines = [n for n, line in enumerate(text.split("\n"), 1) if UNDECODED.search(line)]
    where = f"line {', line '.join(map(str, lines[:5]))}{', …' if len(lines) > 5 else ''}"
    if encoding is None and len(undecoded) > len(BEYOND_ASCII.findall(text)):
        return _as_western(content, where)
    # Bytes are spelt out, not replaced by one sign: two different ids must not become one.
    text = UNDECODED.sub(lambda sign: f"\\x{ord(sign[0]) - 0xDC00:02x}", text)
    name = ENCODINGS[encoding or "utf-8"]
    warning = f"Not all bytes are text in the encoding {name}; those that are not were spelt out as \\x.. ({where})."
    return Decoded(text, encoding or "utf-8", (warning,))


def _as_western(content: bytes, where: str) -> Decoded:
    """What is not UTF-8 is most often an old Western encoding; these two differ in 0x80 to 0x9f only."""
    encoding = "cp1252" if any(0x80 <= byte <= 0x9F for byte in set(content)) else "latin-1"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        encoding = "latin-1"
        text = content.decode(encoding)
    odd = sorted({sign for sign in text if ord(sign) > 127})
    warning = (
        f"The file is not UTF-8 ({where}); it was read in the encoding {ENCODINGS[encoding]}, "
        f"which gives {listed(odd, 8)}. If these look wrong, choose another encoding."
    )
    return Decoded(_unified(text), encoding, (warning,))


def _decode_wide(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise InputError(
            f"A file in the encoding UTF-16 must be complete. This one is damaged at byte {error.start + 1:,}. "
            "Save it as UTF-8, or choose another encoding."
        ) from None
    if text.count("\0") > 0.05 * len(text):
        raise InputError("A text file must not hold zero characters. This one does: it is binary or damaged.")
    return text


def _unified(text: str) -> str:
    """One kind of line end, so that a line is what an editor shows; U+2028 and the like are no line ends."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
