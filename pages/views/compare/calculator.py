"""The NDCG calculator: DCG, NDCG and average precision of a list that somebody types, term by term."""

import streamlit as st

from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.csv_download import draw_csv_link
from recsys_core.errors import InputError
from recsys_core.figures.calculator import stacked_terms
from recsys_core.metrics.calculator import GAINS, Calculation, calculate, parse_relevances

_EXERCISE = "3, 2, 3, 0, 1"
_GAIN_NAMES = {"exponential": "2^rel − 1", "linear": "rel"}


def show_calculator() -> None:
    """Draw the inputs, the sum of the terms as a chart, and the table."""
    top = st.container()
    first, second, third = st.columns([2, 2, 1.4])
    typed = first.text_input(
        "Relevance of each item, in the order of the list",
        _EXERCISE,
        key="relevances",
        bind="query-params",
        persist_state="session",
    )
    missed = second.text_input(
        "Relevant items missing from the list",
        "",
        key="relevances_missed",
        bind="query-params",
        persist_state="session",
        help="Their relevances. They make the ideal list better, and so lower NDCG.",
    )
    gain = third.segmented_control(
        "Gain", list(GAINS), format_func=_GAIN_NAMES.__getitem__, default="exponential", required=True, key="gain"
    )
    try:
        given, lacking = parse_relevances(typed), parse_relevances(missed)
        result = calculate(given, lacking, gain=gain)
    except InputError as error:
        st.error(escape(error))
        return
    top.markdown(f"**{escape(_sentence(result))}**")
    if given == parse_relevances(_EXERCISE) and not lacking and gain == "exponential":
        st.info(
            f"Some exercises give DCG ≈ {result.ideal.dcg:.2f} for this list. That is the ideal DCG. The DCG of the "
            f"list itself is {result.reached.dcg:.2f}, so NDCG is {result.ndcg:.3f}, not 1."
        )
    show_chart(stacked_terms(result.reached, result.ideal), key="calculator", alt=_sentence(result))
    table = result.table()
    st.dataframe(
        table, hide_index=True, key="calculator_table", alt="The terms of the list and of the ideal list, rank by rank."
    )
    draw_csv_link(lambda: table, "ndcg", key="numbers_calculator")


def _sentence(result: Calculation) -> str:
    return (
        f"DCG is {result.reached.dcg:.2f} of at most {result.ideal.dcg:.2f}, so NDCG is {result.ndcg:.3f}. Average "
        f"precision is {result.average_precision:.3f}."
    )
