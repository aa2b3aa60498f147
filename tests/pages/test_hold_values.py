"""What is held for the next run stands against what a browser sends meanwhile."""

from streamlit.testing.v1 import AppTest


def _hold_and_restore() -> None:
    import streamlit as st

    from pages.shared.widgets.hold_values import hold_values, restore_held_values

    st.session_state.update(chosen="by the script", left="as it was")
    hold_values("chosen", "removed")
    st.session_state.update(chosen="by the browser", removed="by the browser", left="by the browser")
    restore_held_values()
    st.session_state["told"] = {name: st.session_state.get(name) for name in ("chosen", "removed", "left")}
    st.session_state["chosen"] = "by a hand"
    restore_held_values()  # in the run after that, nothing is held any more


def test_values_and_that_there_are_none_are_held_for_one_run():
    app = AppTest.from_function(_hold_and_restore).run()
    assert not app.exception
    assert app.session_state["told"] == {"chosen": "by the script", "removed": None, "left": "by the browser"}
    assert app.session_state["chosen"] == "by a hand"
