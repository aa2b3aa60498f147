"""What a script sets in a widget is there after the run that it asks for, though the timer of a fragment ticks."""

import pytest
from playwright.sync_api import expect

from tests.benchmarks.servers import ROOT, running

pytestmark = pytest.mark.browser

# The fragment works for longer than it takes its timer to tick, so the next tick waits when it asks for another run.
_SCRIPT = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
import streamlit as st
from pages.shared.widgets.hold_values import hold_values, restore_held_values

def watch(seen):
    if seen:
        time.sleep(1.0)
        st.session_state.update(data="new", has_ended=True)
        hold_values("data")
        st.rerun()
    seen.append(True)

restore_held_values()
st.selectbox("Data", ["old", "new"], key="data")
if "has_ended" in st.session_state:
    st.write("It has ended.")
else:
    st.fragment(watch, run_every=0.2)([])
"""


def test_a_value_that_a_fragment_with_a_timer_sets_outlives_the_tick_that_waits_meanwhile(tmp_path, visit):
    script = tmp_path / "page.py"
    script.write_text(_SCRIPT)
    with running(script, tmp_path) as server:
        page = visit(server.url)
        expect(page.get_by_text("It has ended.")).to_be_visible()
        expect(page.get_by_role("combobox")).to_have_value("new")
