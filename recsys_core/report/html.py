"""HTML that asks for nothing: text that is only text, tables, figures, and the page around them."""

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Sequence

from recsys_core.figures.offline import INK, WIDTH, embedded, plotly_js

_STYLE = f"""
:root {{ --ink: #1c2126; --quiet: #57606a; --line: #d0d7de; --ground: #fff; --code: #f6f8fa }}
@media screen and (prefers-color-scheme: dark) {{
  :root {{ color-scheme: dark }}
  :root {{ --ink: #e6e9ec; --quiet: #9aa5b1; --line: #3d444d; --ground: #101418; --code: #1a2026 }}
  .js-plotly-plot text[style*="{INK}"] {{ fill: #e6e9ec !important }}
}}
body {{ font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); margin: 0 }}
main {{ max-width: {WIDTH}px; margin: 0 auto; padding: 2rem 1rem }}
h1 {{ font-size: 1.1rem; font-weight: 500; color: var(--quiet); margin: 0 }}
h2 {{ font-size: 1.15rem; margin: 2.2rem 0 .5rem; border-top: 1px solid var(--line); padding-top: 1rem }}
.lead {{ font-size: 1.45rem; line-height: 1.35; font-weight: 600; margin: .4rem 0 .8rem }}
.say {{ font-weight: 600; break-after: avoid }}
.quiet, figcaption, caption {{ color: var(--quiet); font-size: .85rem; text-align: left }}
figure {{ margin: .6rem 0; overflow-x: auto; break-inside: avoid }}
.wide {{ overflow-x: auto }}
table {{ border-collapse: collapse; font-size: .85rem; margin: .5rem 0; break-inside: avoid }}
th, td {{ text-align: left; vertical-align: top; padding: .22rem .7rem .22rem 0; border-bottom: 1px solid var(--line) }}
p, li {{ overflow-wrap: anywhere }}
td {{ overflow-wrap: break-word; font-variant-numeric: tabular-nums }}
pre {{ background: var(--code); padding: .8rem; overflow-x: auto; font-size: .75rem; line-height: 1.45 }}
code {{ font-size: .9em }}
@media print {{ main {{ padding: 0 }} pre {{ white-space: pre-wrap }} h2 {{ break-after: avoid }} }}
"""

_DRAW = """
for (const place of document.querySelectorAll("figure > div")) {
  const figure = JSON.parse(place.nextElementSibling.textContent);
  Plotly.newPlot(place, figure.data, {...figure.layout, dragmode: false}, {displayModeBar: false});
}
"""

_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def text(words) -> str:
    """Words from outside as text on one line: nothing in them is markup, and none turns the line around."""
    return _escaped(" ".join(str(words).split()))


def _escaped(line: str) -> str:
    return html.escape(_UNSHOWN.sub("\N{REPLACEMENT CHARACTER}", line))


def name(words) -> str:
    """A name from outside within a sentence: written from right to left or not, it ends where it ends."""
    return f"<bdi>{text(words)}</bdi>"


def paragraph(words: str, kind: str = "") -> str:
    """`words` are text; `kind` is "say" for what a stakeholder repeats, "quiet" for what a specialist asks."""
    return f'<p class="{kind}"><bdi>{text(words)}</bdi></p>'


def table(header: Sequence[str], rows: Iterable[Sequence]) -> str:
    """Cells are text; the first of each row is its heading."""
    head = "".join(f"<th>{text(cell)}</th>" for cell in header)
    lines = [
        f'<tr><th scope="row">{name(first)}</th>{"".join(f"<td>{name(cell)}</td>" for cell in others)}</tr>'
        for first, *others in rows
    ]
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'


def items(lines: Iterable[str]) -> str:
    """A list; nothing where there is nothing to list."""
    listed = "".join(f"<li>{name(line)}</li>" for line in lines)
    return f"<ul>{listed}</ul>" if listed else ""


def code(program: str) -> str:
    lines = "\n".join(_escaped(line) for line in program.split("\n"))
    return f"<pre><code>{lines}</code></pre>"


def picture(figure, alt: str) -> str:
    """A figure, to be drawn by the reader's browser; `alt` says it in words."""
    data = f'<script type="application/json">{embedded(figure)}</script>'
    return f'<figure role="img" aria-label="{text(alt)}"><div></div>{data}</figure>'


def section(title: str, *parts: str) -> str:
    return f"<section><h2>{text(title)}</h2>{''.join(parts)}</section>"


def page(title: str, *parts: str) -> str:
    """The whole file. Its policy allows its own two scripts and no request at all."""
    scripts = (plotly_js(), _DRAW)
    allowed = " ".join(f"'sha256-{_hash(each)}'" for each in scripts)
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
    library, draw = (f"<script>{each}</script>" for each in scripts)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(title)}</title><style>{_STYLE}</style></head>\n<body><main>\n"
        + "\n".join(parts)
        + f"\n</main>\n{library}{draw}</body></html>\n"
    )


def _hash(source: str) -> str:
    return base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
