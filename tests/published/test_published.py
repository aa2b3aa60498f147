"""The quick rows of `published.csv` under pytest; `python -m tests.published` reproduces all."""

import pytest

from tests.published.data import Absent
from tests.published.protocols import PROTOCOLS, TAKES_LONGER
from tests.published.rows import CSV, Row, read_rows

pytestmark = pytest.mark.published
needs_the_file = pytest.mark.skipif(not CSV.exists(), reason=f"needs {CSV}; set RECSYS_DATA")
ROWS = read_rows()
QUICK = [row for row in ROWS if row.id not in TAKES_LONGER]


@needs_the_file
@pytest.mark.parametrize("row", QUICK, ids=[f"{row.id}-{row.algorithm}-{row.metric}" for row in QUICK])
def test_a_published_result_is_reproduced(row: Row):
    try:
        comparisons = PROTOCOLS[row.key](row)
    except Absent as absent:
        pytest.skip(str(absent))
    assert [comparison for comparison in comparisons if not comparison.passed] == []


@needs_the_file
def test_every_row_has_a_protocol_and_every_protocol_a_row():
    assert {row.key for row in ROWS} == set(PROTOCOLS)


def a_row(**changes) -> Row:
    texts = dict.fromkeys(Row.__dataclass_fields__, "") | {"id": "P00", "rule": "within", "tolerance": "0.01"}
    return Row(**texts | {"metric": "RMSE;MAE", "expected": "0.95;0.75"} | changes)


def test_each_metric_is_compared_by_the_rule_of_its_row():
    got = {"RMSE": 0.97, "MAE": 0.755}
    assert [comparison.passed for comparison in a_row().compare(got)] == [False, True]
    assert [comparison.passed for comparison in a_row(rule="not lower by more").compare(got)] == [True, True]
    in_a_range = a_row(metric="NDCG", expected="0.277-0.292", rule="not lower by more")
    assert [in_a_range.compare({"NDCG": value})[0].passed for value in (0.26, 0.268, 0.4)] == [False, True, True]
    with pytest.raises(ValueError, match="a rule that nobody has written"):
        a_row(rule="").compare(got)


def test_floors_and_statements_are_read_from_the_row():
    row = a_row(metric="it falls; it ends", source="relational; and at least 0.437 (ms-split), 0.39 (mcrec)")
    assert row.named_floors() == {"ms-split": 0.437, "mcrec": 0.39}
    assert [comparison.passed for comparison in row.holds({"it falls": True, "it ends": False})] == [True, False]
    assert not row.at_least("NDCG", 0.437, 0.436).passed
    assert row.at_least("NDCG", 0.437, 0.436, "0.005").passed
