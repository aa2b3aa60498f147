"""Read ZIP and gzip files: the one table inside, unpacked in memory and never to disk."""

import io
import zipfile
import zlib
from pathlib import PurePosixPath

from recsys_core.data.sandbox import Head
from recsys_core.data.sandbox.limits import HEAD_BYTES, MAX_MEMBERS, check_expansion, damaged
from recsys_core.errors import InputError

TABLES = {
    ".csv", ".tsv", ".txt", ".dat", ".data", ".tab", ".base", ".test", ".item", ".mtx", ".jsonl", ".ndjson",
    ".parquet", ".xlsx", ".npz",
}  # fmt: skip


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
    """Return ({"name": …, "others": […]}, bytes) of the only table in the archive, or of the one with a wanted name.

    Where only the head is asked for and there is more, the reply says {"is_cut": true}.
    """
    archive = open_zip(content, "A ZIP archive")
    files = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not member.filename.startswith("__MACOSX/") and _name(member) != ".DS_Store"
    ]
    tables = [m for m in files if PurePosixPath(m.filename).suffix.lower() in TABLES and not _is_note(m)]
    chosen = (
        tables if len(tables) == 1 else [m for m in tables if {_name(m), PurePosixPath(_name(m)).stem} & set(wanted)]
    )
    if len(chosen) != 1:
        contents = ", ".join(repr(member.filename[:40]) for member in files[:8]) or "nothing"
        count = "no ratings file" if not tables else f"{len(tables)} tables, and it is unclear which one is meant"
        raise InputError(
            f"A ZIP archive must contain one table. This one contains {count}: {contents}. Pack or choose that table."
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


def _name(member: zipfile.ZipInfo) -> str:
    return PurePosixPath(member.filename).name


def _is_note(member: zipfile.ZipInfo) -> bool:
    return _name(member).lower().startswith(("readme", "license", "licence"))
