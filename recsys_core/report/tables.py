"""Tables for a paper or a page as LaTeX or Markdown, in which every character stands for itself."""

from collections.abc import Sequence

from recsys_core.escape import for_latex, for_markdown


def latex_table(header: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> str:
    """Return a `table` with the rules of booktabs: the first column is text, the others are centred."""
    lines = [
        r"\begin{table}",
        rf"\caption{{{for_latex(caption)}}}",
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


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> str:
    """Return a table as GitHub and most others read it, with its caption below."""
    lines = [_markdown_row(header), "|" + " --- |" * len(header), *(_markdown_row(row) for row in rows)]
    return "\n".join(lines) + f"\n\n{for_markdown(caption)}\n"


def _latex_row(cells: Sequence[str]) -> str:
    return " & ".join(for_latex(cell) for cell in cells) + r" \\"


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(for_markdown(cell) for cell in cells) + " |"
