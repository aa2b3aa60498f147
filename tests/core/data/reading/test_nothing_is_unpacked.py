"""No archive is extracted to disk: the code has no call that could, and pickles are banned in test_layers."""

import ast

import pytest

from tests.source_code import CORE, ROOT, SCREEN, offences, tree_of

# Our own arrays of numbers, on their way from a child process to the server.
EXCHANGE = ROOT / "recsys_core" / "runner" / "mapped_arrays.py"

UNPACKERS = {
    "extract",
    "extractall",
    "unpack_archive",
    "mkstemp",
    "mkdtemp",
    "NamedTemporaryFile",
    "TemporaryDirectory",
}


def unpacking(tree: ast.AST) -> list[str]:
    """Attributes and imported names that write what is in an archive, or anything else of a stranger's, to disk."""
    attributes = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names]
    return [name for name in (*attributes, *names) if name in UNPACKERS]


def test_nothing_is_extracted_to_disk():
    others = [path for path in (*CORE, *SCREEN) if path != EXCHANGE]
    assert offences(others, lambda path: unpacking(tree_of(path))) == {}
    assert unpacking(tree_of(EXCHANGE)) == ["TemporaryDirectory"]


@pytest.mark.parametrize("source", ["archive.extractall(here)", "from shutil import unpack_archive", "z.extract(name)"])
def test_an_extraction_is_seen(source):
    assert unpacking(ast.parse(source))
    assert not unpacking(ast.parse("archive.read(name)"))
