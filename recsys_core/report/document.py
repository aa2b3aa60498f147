"""An HTML file that loads nothing from a network: its content as plain data, laid out by Jinja templates.

The templates escape every text that they print, so nothing here or in the callers is escaped by hand.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from recsys_core.escape import printable
from recsys_core.figures.offline import INK, WIDTH, Figure, figure_spec, plotly_js


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; a "key" one holds what a stakeholder repeats, a "note" what a specialist asks for."""

    text: str
    style: Literal["", "key", "note"] = ""
    kind = "paragraph"


@dataclass(frozen=True)
class Table:
    """A table; the first cell of each row is its heading."""

    header: Sequence[str]
    rows: Sequence[Sequence[object]]
    kind = "table"


@dataclass(frozen=True)
class Bullets:
    """A list; without lines nothing is drawn."""

    lines: Sequence[str]
    kind = "bullets"


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure that the reader's browser draws; `alt` describes it in words."""

    figure: Figure
    alt: str
    kind = "picture"

    @property
    def spec(self) -> dict[str, object]:
        """What Plotly draws it from."""
        return figure_spec(self.figure)


@dataclass(frozen=True)
class Code:
    """A program text, shown line by line as it is."""

    source: str
    kind = "code"


Block = Paragraph | Table | Bullets | Picture | Code


@dataclass(frozen=True, eq=False)
class Section:
    """A heading with what stands below it."""

    title: str
    blocks: Sequence[Block]


def render(
    title: str, lead: str, summary: Iterable[Block], sections: Iterable[Section] = (), *, about: str = ""
) -> str:
    """Return the whole file: `about` names its subject, `lead` is its one sentence, `summary` stands below that.

    Its policy allows its own two scripts and no request at all.
    """
    draw = _TEMPLATES.get_template("draw.js.j2").render()
    scripts = [Markup(source) for source in (plotly_js(), draw)]  # nosec B704: our own code, and Plotly's
    return _TEMPLATES.get_template("report.html.j2").render(
        title=title,
        about=about,
        lead=lead,
        summary=list(summary),
        sections=list(sections),
        scripts=scripts,
        script_hashes=[_sha256(source) for source in scripts],
        ink=INK,
        width=WIDTH,
    )


def _printable(value: object) -> object:
    """Clean a text before it is escaped; what a template has made itself stays as it is."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


_TEMPLATES = Environment(
    loader=PackageLoader("recsys_core.report"),
    autoescape=True,
    finalize=_printable,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _sha256(source: str) -> str:
    return base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
