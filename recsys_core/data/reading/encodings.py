"""Guess the encoding of text that is not UTF-8, and give examples by which a person can tell."""

import re

from charset_normalizer import from_bytes

# The encodings to choose from. Exotic codecs, which can surprise, are left out.
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 (little endian)",
    "utf-16-be": "UTF-16 (big endian)",
    "latin-1": "ISO-8859-1 (Latin-1)",
    "cp1252": "Windows-1252 (cp1252)",
    "cp1250": "Windows-1250 (Central European)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "koi8_r": "KOI8-R (Russian)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1254": "Windows-1254 (Turkish)",
    "cp1255": "Windows-1255 (Hebrew)",
    "cp1256": "Windows-1256 (Arabic)",
    "gb18030": "GB 18030 (Chinese)",
    "big5": "Big5 (Chinese)",
    "shift_jis": "Shift JIS (Japanese)",
    "euc_kr": "EUC-KR (Korean)",
}
N_TEXTS = 5
_MAX_PIECES = 400
# Not '|', which is the second byte of some letters in Japanese and Chinese.
_BETWEEN_FIELDS = re.compile(rb"[\r\n\t,;\"]+|::")
_LETTER = re.compile(rb"[A-Za-z\x80-\xff]")
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[A-Za-z]")
_DIGITS = re.compile(rb"[0-9]+")
_HIGH = re.compile(rb"[\x80-\xff]")
_FOREIGN = ["cp1251", "koi8_r", "cp1253", "gb18030", "shift_jis", "euc_kr", "big5"]
# Words in Latin letters have few letters beyond ASCII; of other scripts nearly all bytes are.
_SHARE_OF_OTHER_SCRIPTS = 0.35
_KANA = re.compile("[ぁ-ヿ]")
_LENGTH = 600
# Fewer bytes than these tell nothing.
_FEWEST_BYTES = 8
# In Windows-1250 these are letters; in Windows-1252 they are signs that no word has, or letters rare in the West.
_CENTRAL = re.compile(r"(?<=[^\W\d_])[¹³¿£¯¥¼]|[¹³¿£¯¥¼](?=[^\W\d_])|[šžýŠŽÝ]")
_WESTERN = re.compile("[àâñåæêãõûòÀÂÅÆÑÃÕÊ]")


def guess_encoding(content: bytes) -> str:
    """Return the likeliest of ENCODINGS for bytes that are not UTF-8: a Western one, unless much speaks for another."""
    pieces = _pieces(content)
    # Numbers and repetitions only blur the picture; a short text is recognised best when it is repeated.
    sample = b"\n".join(dict.fromkeys(_DIGITS.sub(b"", piece).strip() for piece in pieces))
    n_high = sum(len(_HIGH.findall(piece)) for piece in pieces)
    n_letters = sum(len(_LETTER.findall(piece)) for piece in pieces)
    if n_high >= _FEWEST_BYTES and n_high >= _SHARE_OF_OTHER_SCRIPTS * n_letters:
        if len(_KANA.findall(sample.decode("shift_jis", "ignore"))) > 0.2 * n_high:
            return "shift_jis"
        sample = b"\n".join([sample] * (1 + _LENGTH // len(sample)))
        best = from_bytes(sample, cp_isolation=_FOREIGN, threshold=0.9).best()
        if best is not None and best.encoding in _FOREIGN and _decodes(sample, best.encoding):
            if not _mixes_scripts(sample.decode(best.encoding)):
                return best.encoding
    western = sample.decode("cp1252", "replace")
    if len(_CENTRAL.findall(western)) > len(_WESTERN.findall(western)) and _decodes(sample, "cp1250"):
        return "cp1250"
    # These two differ in 0x80 to 0x9f only.
    return "cp1252" if re.search(rb"[\x80-\x9f]", content) and _decodes(content, "cp1252") else "latin-1"


def _mixes_scripts(text: str) -> bool:
    """Tell whether many words mix Latin with other letters, as 'Cafй', which nobody writes."""
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    return sum(_LATIN.search(word) is not None for word in words) > 0.3 * len(words)


def encoding_examples(content: bytes) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return (encoding, up to five texts as they read in it) for each encoding in which the bytes are text."""
    pieces = sorted(_pieces(content), key=lambda piece: -len(_HIGH.findall(piece)))[:N_TEXTS]
    readings, seen = [], set()
    for encoding in ENCODINGS:
        if encoding.startswith("utf-16") or not all(_decodes(piece, encoding) for piece in pieces):
            continue
        texts = tuple(piece.decode(encoding).strip()[:60] for piece in pieces)
        if texts not in seen and all(map(str.isprintable, texts)):
            seen.add(texts)
            readings.append((encoding, texts))
    return tuple(readings)


def _pieces(content: bytes) -> list[bytes]:
    """Return the first distinct fields with bytes beyond ASCII."""
    pieces: dict[bytes, None] = {}
    for line in re.finditer(rb"[^\r\n]*[\x80-\xff][^\r\n]*", content):
        for piece in _BETWEEN_FIELDS.split(line[0]):
            if _HIGH.search(piece):
                pieces.setdefault(piece[:200], None)
        if len(pieces) >= _MAX_PIECES:
            break
    return list(pieces)


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
