"""The rows of `published.csv` and `published_2.csv`: what was published, and whether what we got agrees."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from tests import real_data

CSV = real_data.FOLDER.parent / "published.csv"
_MORE = CSV.with_name("published_2.csv")
_OPTIONAL = "(only if "


@dataclass(frozen=True)
class Comparison:
    """One number beside the published one. `expected` and `tolerance` are texts to be read."""

    metric: str
    expected: str
    got: str
    tolerance: str
    passed: bool


@dataclass(frozen=True)
class Row:
    """One line of the file; several lines may share an `id`. Metrics and expected values are parted by ';'."""

    id: str
    data: str
    protocol: str
    algorithm: str
    settings: str
    metric: str
    expected: str
    tolerance: str
    rule: str
    source: str

    @property
    def key(self) -> tuple[str, str]:
        """What a protocol is named by."""
        return self.id, self.algorithm

    def compare(self, got: dict[str, float]) -> list[Comparison]:
        """Each of the row's metrics in `got` against its published value, by the row's rule."""
        pairs = zip(self.metric.split(";"), self.expected.split(";"), strict=True)
        return [self._compare_one(metric, expected, got[metric]) for metric, expected in pairs]

    def _compare_one(self, metric: str, expected: str, got: float) -> Comparison:
        low, _, _ = expected.partition("-")  # of a published range, the lower end
        difference = got - float(low)
        if self.rule == "within":
            passed = abs(difference) <= float(self.tolerance)
        elif self.rule == "not lower by more":
            passed = difference >= -float(self.tolerance)
        else:
            raise ValueError(f"{self.id} has a rule that nobody has written: {self.rule!r}")
        sign = "±" if self.rule == "within" else "−"
        return Comparison(metric, expected, f"{got:.5f}", sign + self.tolerance, passed)

    def at_least(self, metric: str, expected: float, got: float, tolerance: str = "0") -> Comparison:
        """`got` must not lie below `expected` by more than `tolerance`."""
        passed = got >= expected - float(tolerance)
        return Comparison(metric, f"{expected:.5f}", f"{got:.5f}", "−" + tolerance, passed)

    def holds(self, facts: dict[str, bool]) -> list[Comparison]:
        """The row's metrics are statements; `facts` says which are true."""
        return [
            Comparison(statement, "true", str(facts[statement]).lower(), "", facts[statement])
            for statement in map(str.strip, self.metric.split(";"))
        ]

    def named_floors(self) -> dict[str, float]:
        """The numbers that the source gives with a name, as 'at least 0.437 (ms-split), 0.39 (mcrec)'."""
        return {name: float(value) for value, name in re.findall(r"([\d.]+) \(([\w-]+)\)", self.source)}


def read_rows() -> list[Row]:
    """All rows, in the order of the files, but those of algorithms that need not exist; none where files are absent."""
    rows = []
    for path in filter(Path.exists, (CSV, _MORE)):
        with path.open(newline="") as file:
            rows += [Row(**line) for line in csv.DictReader(file)]
    return [row for row in rows if _OPTIONAL not in row.algorithm]
