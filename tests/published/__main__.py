"""Reproduces every published result in `published.csv` under its own protocol, and prints one line a row.

The file stands beside the folder that RECSYS_DATA names (default ../shared/data). A row whose data is absent is
skipped; a row without a protocol fails. The exit status is 1 where a row fails or there is none.
"""

import argparse
import sys
import time

from tests.published.data import Absent
from tests.published.protocols import PROTOCOLS, TAKES_LONGER
from tests.published.rows import CSV, Comparison, Row, read_rows


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.published", description=__doc__)
    parser.add_argument("--fast", action="store_true", help="leave out the rows that take 10 seconds or more")
    parser.add_argument("rows", nargs="*", metavar="ID", help="only these, as P07")
    arguments = parser.parse_args()
    rows = [row for row in read_rows() if row.id in arguments.rows or not arguments.rows]
    if arguments.fast:
        rows = [row for row in rows if row.id not in TAKES_LONGER]
    if not rows:
        print(f"There is nothing to reproduce: {CSV} is not here or has no such row.")
        return 1
    outcomes = [reproduce(row) for row in rows]
    print(", ".join(f"{outcomes.count(outcome)} {outcome}" for outcome in ("passed", "failed", "skipped")))
    return int("failed" in outcomes)


def reproduce(row: Row) -> str:
    """Print the row's line; "passed", "failed" or "skipped"."""
    if row.key not in PROTOCOLS:
        print(f"{row.id} failed: no protocol for {row.algorithm!r} in tests/published/protocols.py", flush=True)
        return "failed"
    started = time.perf_counter()
    try:
        comparisons = PROTOCOLS[row.key](row)
    except Absent as absent:
        print(f"{row.id} skipped: {absent}", flush=True)
        return "skipped"
    seconds = time.perf_counter() - started
    outcome = "passed" if all(comparison.passed for comparison in comparisons) else "failed"
    numbers = "; ".join(map(in_words, comparisons))
    print(f"{row.id} {outcome} {seconds:6.1f} s  {row.algorithm[:40]}: {numbers}", flush=True)
    return outcome


def in_words(comparison: Comparison) -> str:
    """As 'RMSE 0.94397 (expected 0.944 ±0.0006)', with a mark where it fails."""
    mark = "" if comparison.passed else " ✗"
    expected = f"{comparison.expected} {comparison.tolerance}".strip()
    return f"{comparison.metric} {comparison.got} (expected {expected}){mark}"


if __name__ == "__main__":
    sys.exit(main())
