"""The project's own files as syntax trees, for the tests that read them."""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
CORE = sorted((ROOT / "recsys_core").rglob("*.py"))
SCREEN = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def nodes(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Return all nodes of a tree. Each rule looks at them, and finding them takes longer than looking."""
    return tuple(ast.walk(tree))


def imported(tree: ast.AST, package: tuple[str, ...] = ()) -> Iterator[str]:
    """Full dotted names of everything imported anywhere in `tree`; `package` is where its file lives."""
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def dotted(node: ast.AST) -> str:
    """'np.random.seed' of an attribute chain; '' of what is none."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    return ""


def offences(files: list[Path], check: Callable[[Path], object]) -> dict[str, object]:
    """What `check` finds in each file, by name, of those in which it finds anything."""
    return {name_of(path): found for path in files if (found := check(path))}
