"""Check that the runs of an opened link have the same numbers here, and say so."""

from collections.abc import Iterable, Sequence

import streamlit as st

from pages.shared.context import get_context
from pages.shared.shell.pinned_models import pinned_runs, slug_of
from pages.shared.text import escape
from pages.shared.url_state import pending_param
from recsys_core.links.run_slug import RunSlug
from recsys_core.numerics import distinct_environments, environment_differences, read_environment
from recsys_core.store.run import Run

_OPENED = "link_opened"


def count_runs(count: int) -> str:
    """Return '1 run' or '3 runs'."""
    return "1 run" if count == 1 else f"{count} runs"


def remember_link(runs: Sequence[tuple[RunSlug, Run]], pinned: Sequence[int]) -> None:
    """Note which fingerprints the slugs of a link give, which runs stand for them here, and the runs that it pins."""
    checked = {slug.fingerprint: (run.label, slug_of(run).fingerprint) for slug, run in runs if slug.fingerprint}
    if checked:
        differences = _compare_environments(run for _, run in runs)
        st.session_state[_OPENED] = get_context().split.fingerprint, checked, differences, list(pinned)


def _compare_environments(runs: Iterable[Run]) -> list[str]:
    """Return how the processor and libraries of the link's runs differ from those of `runs`."""
    linked = [read_environment(text) for text in pending_param("trained_on")]
    local = distinct_environments(run.environment for run in runs)
    differences = [environment_differences(there, here) for there in linked for here in local]
    return list(dict.fromkeys(each for pair in differences for each in pair)) if all(differences) else []


def show_link_check() -> None:
    """Say whether the opened link shows the same numbers here, as long as its split is in use.

    That they are the same is said only while the pinned models are those of the link.
    """
    split, checked, differences, pinned = st.session_state.get(_OPENED, ("", {}, [], []))
    side = st.sidebar.container()  # a place that is always there, see draw_app
    if split != get_context().split.fingerprint:
        return
    count = count_runs(len(checked))
    if all(here == linked for linked, (_, here) in checked.items()):
        if pinned and pinned != [run.id for run in pinned_runs()]:
            return
        if differences:
            side.caption(
                escape(
                    f"Same data, settings and seeds as in the link ({count}), but trained elsewhere: "
                    f"{'; '.join(differences)}. The last digits may differ."
                )
            )
        else:
            side.caption(
                f":material/check: Verified: same results as in the link ({count}, fingerprint {', '.join(checked)})."
            )
        return
    for linked, (label, here) in checked.items():
        if here != linked:
            st.warning(
                escape(
                    f"{label} was trained by another version of the program than in the link, or on another split, so "
                    f"its numbers may differ: its fingerprint is {here}, the link's is {linked}."
                )
            )
