"""What the benchmark keeps in the repository: its numbers, and from them README's table and the picture.

`python -m tests.benchmarks.peers.publish` writes table and picture anew from the numbers that are kept.
"""

import hashlib
import json
import re
from pathlib import Path
from textwrap import wrap

from tests.benchmarks.peers.arena import EQUAL_ANGLE, ROOT, SVD_FACTORS
from tests.benchmarks.peers.picture import write_picture

NUMBERS = Path(__file__).parent / "numbers.json"
README = ROOT / "README.md"
PICTURE = ROOT / ".github" / "peers.png"
DATA = "ML-1M"
ALL_RANKS = "ours, all ranks"  # of the contestants of "evaluation @10"
TASKS = {  # in README, by how a row of numbers calls it
    "exact ALS, an epoch": "exact ALS, an epoch",
    "CG/subspace ALS, an epoch": "inexact ALS, an epoch",
    "ALS to NDCG": "ALS to equal NDCG@10",
    "cold process to NDCG": "the same from a cold process",
    "truncated SVD": "truncated SVD",
    "evaluation @10": "NDCG@10 of all people",
    "top-10 lists": "top-10 lists for all people",
    "BPR to the best NDCG": "BPR to the best peer's NDCG@10",
}
_KEPT = (
    "part",
    "run",
    "what",
    "data",
    "factors",
    "name",
    "ours",
    "seconds",
    "processor",
    "measured",
    "load",
    "ndcg",
    "angle",
    "peak_mb",
    "settings",
)
_BETWEEN = re.compile(r"(?<=<!-- peers -->\n).*?(?=<!-- /peers -->)", re.S)


def keep(part: str, rows: list[dict], run: dict) -> None:
    """Keep `rows` as those of a part, in place of its older ones; `run` says when and with what they were measured."""
    numbers = kept_numbers()
    others = [row for row in numbers["rows"] if row["part"] != part]
    of_row = [numbers["runs"][row["run"]] for row in others] + [run] * len(rows)
    runs = [each for index, each in enumerate(of_row) if each not in of_row[:index]]
    kept = [
        _kept({**row, "part": row.get("part", part), "run": runs.index(each)})
        for row, each in zip(others + rows, of_row, strict=True)
    ]
    kept.sort(key=lambda row: row["part"])
    lines = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in kept)
    of_runs = ",\n  ".join(json.dumps(each, ensure_ascii=False) for each in runs)
    NUMBERS.write_text(f'{{\n "runs": [\n  {of_runs}\n ],\n "rows": [\n  {lines}\n ]\n}}\n')


def write_table_and_picture() -> None:
    """Write both anew from the numbers that are kept."""
    README.write_text(_BETWEEN.sub(lambda _: section(kept_numbers()), README.read_text()))
    write_picture(kept_numbers()["rows"], PICTURE, digest())
    print(f"Kept: {NUMBERS}, {README}, {PICTURE}")


def kept_numbers() -> dict:
    return json.loads(NUMBERS.read_text())


def digest() -> str:
    """Tell by which numbers a picture was drawn: it carries this text."""
    return hashlib.sha256(NUMBERS.read_bytes()).hexdigest()


def section(numbers: dict) -> str:
    """Return README's paragraphs on the peers, Markdown."""
    rows = numbers["rows"]
    pairs = list(_pairs(rows))
    table = [
        "| ML-1M, two threads | k | ours | the best peer | ratio of time | of processor time |",
        "|---|---|---|---|---|---|",
        *(_line(*pair) for pair in pairs),
    ]
    slower = [pair for pair in pairs if _ratio(pair) > 1]
    told = f"In {len(pairs) - len(slower)} of these {len(pairs)} comparisons ours takes less time than the best peer"
    if slower:
        what, mine, _ = worst = max(slower, key=_ratio)
        told += f", and at most {_ratio(worst):.2f} times as much ({what}, k = {mine['factors']})"
    lines = [
        "",
        *table,
        "",
        *wrap(
            f"{told}. The last two columns are ours divided by the peer's, by the clock and by the processor time of "
            "all threads, which says more on a busy machine.",
            width=120,
        ),
        "",
        *_svd_table(rows),
        *_all_ranks_sentence(rows),
        *wrap(_how_measured(numbers), width=120),
        "",
        "![NDCG@10 against seconds of training, ours and the peers', by number of factors](.github/peers.png)",
        "",
    ]
    return "\n".join(lines) + "\n"


def _how_measured(numbers: dict) -> str:
    """Tell of each run when, where and with what it was made, and at what load."""
    told = []
    for index, run in enumerate(numbers["runs"]):
        loads = sorted({f"{row['load']:.0f}" for row in numbers["rows"] if row["run"] == index}, key=float)
        libraries = ", ".join(f"{name} {version}" for name, version in run["libraries"].items())
        told.append(
            f"on {run['date']} on {run['machine']}, at a load of {' to '.join(dict.fromkeys((loads[0], loads[-1])))}, "
            f"with Python {run['python']}, {libraries}"
        )
    return f"Medians, measured in turns {'; '.join(told)}."


def _all_ranks_sentence(rows: list[dict]) -> list[str]:
    """Tell what the ranks of all held-out items take us, beside the ten that the table is about."""
    times = [
        f"{_told(row)} at k = {row['factors']}"
        for row in sorted(rows, key=lambda row: row["factors"])
        if row["data"] == DATA and row["name"] == ALL_RANKS
    ]
    if not times:
        return []
    sentence = "All ranks instead of the first ten, from which every metric at every cut-off follows, take ours"
    return [*wrap(f"{sentence} {', '.join(times)}.", width=120), ""]


def _pairs(rows: list[dict]):
    """Yield (task, our quickest row, the peers' quickest row) where both are there, at equal accuracy."""
    here = [row for row in rows if row["data"] == DATA and row.get("angle", 0) <= EQUAL_ANGLE]
    for start, task in TASKS.items():
        for factors in sorted({row["factors"] for row in here}):
            sides = [
                [r for r in here if r["what"].startswith(start) and r["factors"] == factors and r["ours"] is side]
                for side in (True, False)
            ]
            if all(sides):
                mine, theirs = (min(side, key=lambda row: row["seconds"]) for side in sides)
                yield task, mine, theirs


def _ratio(pair: tuple[str, dict, dict], clock: str = "seconds") -> float:
    _, mine, theirs = pair
    return mine[clock] / theirs[clock]


def _line(task: str, mine: dict, theirs: dict) -> str:
    pair = task, mine, theirs
    name = theirs["name"].removeprefix("scipy, ")
    return (
        f"| {task} | {mine['factors']} | {_told(mine)} | {_told(theirs)}, {name} "
        f"| {_ratio(pair):.2f} | {_ratio(pair, 'processor'):.2f} |"
    )


def _told(row: dict) -> str:
    """Write a time with what it was for: '0.25 s (NDCG 0.421)', '21 ms (2·10⁻⁷ rad)'."""
    seconds = row["seconds"]
    time = f"{seconds:.1f} s" if seconds >= 10 else f"{seconds:.2f} s" if seconds >= 0.1 else f"{1000 * seconds:.0f} ms"
    if "ndcg" in row:
        return f"{time} (NDCG {row['ndcg']:.3f})"
    digits, exponent = f"{row['angle']:.0e}".split("e")
    return f"{time} ({digits}·10{str(int(exponent)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))} rad)"


def _svd_table(rows: list[dict]) -> list[str]:
    """Our time of an SVD over that of the quickest peer, of those nearer than `EQUAL_ANGLE` to the exact space."""
    close = [row for row in rows if row["what"] == "truncated SVD" and row["angle"] <= EQUAL_ANGLE]
    if not close:
        return []
    lines = ["| time of a truncated SVD, ours ÷ the best peer | " + " | ".join(f"k = {k}" for k in SVD_FACTORS) + " |"]
    lines.append("|---" * (1 + len(SVD_FACTORS)) + "|")
    for data in dict.fromkeys(row["data"] for row in close):
        cells = []
        for k in SVD_FACTORS:
            mine, theirs = (
                [r["seconds"] for r in close if (r["data"], r["factors"], r["ours"]) == (data, k, side)]
                for side in (True, False)
            )
            cells.append(f"{min(mine) / min(theirs):.2f}" if mine and theirs else "–")
        lines.append(f"| {data} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def _kept(row: dict) -> dict:
    """Leave of a row what table and picture are made from, and what a peer's BPR was tuned to, with four digits."""
    names = (*_KEPT, "curve") if row["data"] == DATA and "ALS, an epoch" in row["what"] else _KEPT
    return {name: _rounded(row[name]) for name in names if name in row}


def _rounded(value):
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return {name: _rounded(each) for name, each in value.items()} if isinstance(value, dict) else value


if __name__ == "__main__":
    write_table_and_picture()
