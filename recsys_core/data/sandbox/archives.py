"""Read ZIP and gzip files: the one table inside, unpacked in memory and never to disk."""

import io
import zipfile
import zlib
from pathlib import PurePosixPath

from recsys_core.data.sandbox import Head
from recsys_core.data.sandbox.limits import HEAD_BYTES, MAX_MEMBERS, check_expansion, damaged
from recsys_core.errors import InputError

TABLES = (
    *(".csv", ".tsv", ".txt", ".dat", ".data", ".tab", ".base", ".test", ".item", ".inter", ".rating", ".qrels"),
    *(".mtx", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".npz"),
)
"""The endings of tables, also outside of archives."""
ARCHIVES = (".gz", ".zip")
_OF_ONE_KIND = {".item", ".inter", ".rating", ".qrels"}
"""Endings that say what the rows are: such a table is read as another kind only where it is all there is."""


def open_zip(content: bytes, what: str) -> zipfile.ZipFile:
    """Open an archive. Raises InputError unless its names, number of members and declared sizes are harmless.

    No two members may have one name, even where one of them ends in .npy, which NumPy does not show.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise damaged(what, f"not a ZIP archive that can be read: {error}") from None
    if len(members) > MAX_MEMBERS:
        raise InputError(
            f"{what} must have few files. This one has {len(members):,}, which is too many: pack one file."
        )
    names = [member.filename.removesuffix(".npy") for member in members]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(
            f"The names in an archive must differ. {twice[:60]!r} is there twice, and it is unclear which one is "
            "meant: pack it again."
        )
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in member.filename or "\0" in member.orig_filename:
            raise InputError(
                f"The names in an archive must be plain. The path {member.filename[:60]!r} is unsafe, since it leads "
                "out of its folder. Pack the table again."
            )
        if member.flag_bits & 1:
            raise InputError(f"{what} must not have a password. This one is encrypted: pack it without.")
    check_expansion(len(content), sum(member.file_size for member in members), what)
    return archive


def read_zip(content: bytes, wanted: list[str], is_head: bool = False) -> tuple[Head, list[bytes]]:
    """Return ({"name": …, "others": […]}, bytes) of the table with a wanted name or ending, or of the only one.

    An ending begins with a dot. Where only the head is asked for and there is more, the reply says {"is_cut": true}.
    Raises InputError where there is no such table or more than one, and where it is in another archive.
    """
    archive = open_zip(content, "A ZIP archive")
    files = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not member.filename.startswith("__MACOSX/") and _name(member) != ".DS_Store"
    ]
    chosen = _choose([member for member in files if not _is_note(member)], set(wanted))
    if len(chosen) != 1:
        contents = ", ".join(repr(member.filename[:40]) for member in (chosen or files)[:8]) or "nothing"
        count = f"{len(chosen)} tables, and it is unclear which one is meant" if chosen else "no file of the right kind"
        raise InputError(
            f"A ZIP archive must contain one table. This one contains {count}: {contents}. Pack or choose that table."
        )
    if _ending(chosen[0]) in ARCHIVES:
        raise InputError(
            f"An archive must contain a table. This one contains another archive, {_name(chosen[0])[:40]!r}: unpack it "
            "first."
        )
    try:
        with archive.open(chosen[0]) as file:
            table = file.read(HEAD_BYTES if is_head else -1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise damaged("A ZIP archive", error) from None
    others = [member.filename for member in files if member is not chosen[0]]
    return {"name": _name(chosen[0]), "others": others, "is_cut": len(table) < chosen[0].file_size}, [table]


def read_gzip(content: bytes, is_head: bool = False) -> tuple[Head, list[bytes]]:
    """Return ({"is_cut": …}, bytes), unpacked piece by piece, since gzip declares only the size modulo 4 GB."""
    pieces, size, rest = list[bytes](), 0, content
    try:
        while rest:
            stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
            while not stream.eof:
                piece = stream.decompress(rest, 1 << 20)
                rest = stream.unconsumed_tail
                size += len(piece)
                check_expansion(len(content), size, "A gzip file")
                pieces.append(piece)
                if is_head and size >= HEAD_BYTES:
                    return {"is_cut": True}, pieces
                if not piece and not rest and not stream.eof:
                    raise damaged("A gzip file", "it ends in the middle")
            rest = stream.unused_data.lstrip(b"\0")
    except zlib.error as error:
        raise damaged("A gzip file", error) from None
    return {"is_cut": False}, pieces


def _choose(files: list[zipfile.ZipInfo], wanted: set[str]) -> list[zipfile.ZipInfo]:
    """Return the one file that is meant, several where it is unclear which, or none."""
    readable = [file for file in files if _ending(file) in {*TABLES, *ARCHIVES, *wanted}]
    tables = [file for file in readable if _ending(file) in TABLES and _ending(file) not in _OF_ONE_KIND]
    for chosen in (
        [file for file in readable if {_name(file), _stem(file)} & wanted],
        [file for file in readable if _ending(file) in wanted],
        [file for file in tables if _ending(file) != ".json"],  # which may as well describe a table
        tables,
        [file for file in readable if _ending(file) in ARCHIVES],
    ):
        if chosen:
            return chosen
    return readable if len(files) == 1 else []


def _stem(member: zipfile.ZipInfo) -> str:
    """Return the name without its ending, also where the file is compressed as in 'ratings.csv.gz'."""
    path = PurePosixPath(_name(member))
    return PurePosixPath(path.stem).stem if _ending(member) == ".gz" else path.stem


def _ending(member: zipfile.ZipInfo) -> str:
    return PurePosixPath(member.filename).suffix.lower()


def _name(member: zipfile.ZipInfo) -> str:
    return PurePosixPath(member.filename).name


def _is_note(member: zipfile.ZipInfo) -> bool:
    return _name(member).lower().startswith(("readme", "license", "licence"))
