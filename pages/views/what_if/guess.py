"""Predict first: guess the best setting before the results are shown."""

import streamlit as st

from pages.shared.error_boundary import error_boundary
from pages.shared.text import escape
from pages.views.what_if.results import METRIC, SweepResults, setting_name
from recsys_core.comparison.verdicts import SAME, UNCLEAR, WORSE
from recsys_core.evaluation.significant_digits import format_mean
from recsys_core.sweeps.plan import Sweep

HIDDEN_KEY, _GUESSES_KEY = "sweep_hidden", "sweep_guesses"
_MAX_RADIO_OPTIONS = 12
_IN_WORDS = {
    WORSE: "a clear difference",
    SAME: "practically the same",
    UNCLEAR: "not a clear difference",
}


def is_hidden(number: int) -> bool:
    """Return whether the results of this sweep are hidden until a guess, in this session."""
    return st.session_state.get(HIDDEN_KEY) == number


def draw_guess_form(number: int, sweep: Sweep, results: SweepResults | None, *, is_over: bool) -> None:
    """Ask for the guess; the results can be shown once all runs are done."""
    st.subheader("Which setting will do best? Guess first.", anchor=False)
    names = _names(sweep)
    key = f"guess_{number}"
    if len(names) <= _MAX_RADIO_OPTIONS:
        st.radio("Your guess", names, index=None, key=key, label_visibility="collapsed")
    else:
        st.selectbox("Your guess", names, index=None, key=key, label_visibility="collapsed")
    st.button(
        "Reveal" if is_over else "Reveal when all runs are done",
        key="reveal_sweep",
        type="primary",
        disabled=not (is_over and st.session_state.get(f"guess_{number}") and results is not None),
        on_click=_reveal,
        args=(number,),
    )


@error_boundary()
def _reveal(number: int) -> None:
    guesses = st.session_state.setdefault(_GUESSES_KEY, {})
    guesses[number] = st.session_state[f"guess_{number}"]
    st.session_state[HIDDEN_KEY] = None


def draw_guess(number: int, results: SweepResults | None) -> None:
    """Say how far the guess was from the best setting."""
    guess = st.session_state.get(_GUESSES_KEY, {}).get(number)
    if guess is None or results is None:
        return
    names = [setting_name(each.plan, each.point, with_algorithm=True) for each in results.settings]
    if guess not in names:
        return
    ranking, index = results.ranking, names.index(guess)
    if index == ranking.best:
        st.success(escape(f"Your guess, {guess}, is the best."), icon=":material/target:")
        return
    behind = format_mean(ranking.gaps[index])
    verdict = _IN_WORDS[ranking.verdicts[index].word]
    rank = 1 + sum(each.mean > results.settings[index].mean for each in results.settings)
    off = f"{METRIC} is {behind} below the best, {verdict}"
    st.info(escape(f"Your guess, {guess}, ranks {rank} of {len(names)}: {off}."), icon=":material/target:")


def _names(sweep: Sweep) -> list[str]:
    return [setting_name(plan, point, with_algorithm=True) for plan in sweep.plans for point in plan.points]
