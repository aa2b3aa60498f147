"""Tables for a paper or a page: rows of text as LaTeX or Markdown, in which every character stands for itself."""

import re
from collections.abc import Sequence

_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "▲": r"$\blacktriangle$",
    "▼": r"$\blacktriangledown$",
    "λ": r"$\lambda$",
    "α": r"$\alpha$",
    "η": r"$\eta$",
    "−": "$-$",
    **{special: f"\\{special}" for special in "&%$#_{}"},
}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")


def latex_table(header: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> str:
    """A `table` with rules of booktabs; the triangles need amssymb. The first column is text, the others centred."""
    lines = [
        r"\begin{table}",
        rf"\caption{{{latex(caption)}}}",
        rf"\begin{{tabular}}{{l{'c' * (len(header) - 1)}}}",
        r"\toprule",
        _latex_row(header),
        r"\midrule",
        *(_latex_row(row) for row in rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def latex(text: str) -> str:
    """`text` with LaTeX's own characters escaped, on one line."""
    return "".join(_LATEX.get(character, character) for character in " ".join(text.split()))


def _latex_row(cells: Sequence[str]) -> str:
    return " & ".join(latex(cell) for cell in cells) + r" \\"


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> str:
    """A table as GitHub and most others read it, and its caption below."""
    lines = [_markdown_row(header), "|" + " --- |" * len(header), *(_markdown_row(row) for row in rows)]
    return "\n".join(lines) + f"\n\n{markdown(caption)}\n"


def markdown(text: str) -> str:
    """`text` with Markdown's own characters escaped, on one line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(markdown(cell) for cell in cells) + " |"
