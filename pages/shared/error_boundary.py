"""The page's edge: what nobody foresaw becomes a sentence, and an id that stands in the server's log.

What the database cannot do now has a sentence of its own, and the page goes on by itself when it can.
"""

import logging
import secrets
import time
from contextlib import contextmanager, suppress

import streamlit as st
from streamlit.errors import FragmentHandledException
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.shared.server import store
from pages.shared.text import escape
from recsys_core.store.database import NoAnswer, StoreError

_LOOK_EVERY = 2.0  # seconds between looks whether the database can do again what it could not
_LOG = logging.getLogger("recsys")


def log_and_describe(error: Exception) -> str:
    """Write `error` with its traceback into the log, and return the sentence for the person.

    The database's own trouble is a sentence already, and nobody has to be asked for it.
    """
    if isinstance(error, StoreError):
        return str(error)
    error_id = secrets.token_hex(4)
    _LOG.error("error %s", error_id, exc_info=error)
    return (
        "Something failed here that should not have. What you have loaded and trained is still there: go on with "
        f"another page, or load this one again. If it stays so, report it with the error id {error_id}, which stands "
        "in the server's log."
    )


@contextmanager
def error_boundary():
    """Around a page: whatever fails within is reported; st.stop and st.rerun, which are no errors, pass."""
    try:
        yield
    except FragmentHandledException:  # Streamlit has told this one already
        raise
    except NoAnswer as error:
        run = get_script_run_ctx()
        if run.has_script_started or run.fragment_ids_this_run:  # else a callback: the page says the same next
            st.error(escape(error))
            _rerun_when_readable(time.monotonic())
    except StoreError as error:
        st.error("Not kept. " + escape(error))
    except Exception as error:
        st.error(escape(log_and_describe(error)))


@st.fragment(run_every=_LOOK_EVERY)
def _rerun_when_readable(since: float) -> None:
    """Draw the page anew when the database can be read, but not over and over where only some of it can."""
    if time.monotonic() < since + _LOOK_EVERY / 2:
        return
    with suppress(StoreError), store().reading():
        st.rerun()


def draw_database_warning() -> None:
    """Say above every page why nothing can be written, until it can. Where nothing can be read, the page says so."""
    database = store().database
    if database.trouble:
        with database.reading():
            st.fragment(_draw_trouble, run_every=None if database.is_read_only else _LOOK_EVERY)()


@error_boundary()
def _draw_trouble() -> None:
    database = store().database
    if database.can_write():
        st.rerun()
    st.warning(escape(database.trouble), icon=":material/database_off:")
