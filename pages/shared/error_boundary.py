"""Turn an unforeseen error of a page into a sentence with an error ID that is also in the server's log.

What the database cannot do at the moment has a sentence of its own, and the page recovers by itself.
"""

import logging
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import streamlit as st
from streamlit.errors import FragmentHandledException
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.shared.server import store
from pages.shared.text import escape
from recsys_core.errors import InputError
from recsys_core.store.database import DatabaseUnreachable, StoreError

_CHECK_SECONDS = 2.0  # between checks whether the database works again
_LOG = logging.getLogger("recsys")


def log_and_describe(error: Exception) -> str:
    """Write `error` with its traceback to the log, and return the sentence for the person.

    An error of the database or of what a person has given is already a sentence, and is not logged.
    """
    if isinstance(error, StoreError | InputError):
        return str(error)
    error_id = secrets.token_hex(4)
    _LOG.error("error %s", error_id, exc_info=error)
    return (
        "Something went wrong on this page. Your data and models are still there. Reload the page, or go on with "
        f"another one. If the error comes back, report it with the error ID {error_id}, which is also in the server's "
        "log."
    )


@contextmanager
def error_boundary() -> Iterator[None]:
    """Show any error raised inside as a sentence; a decorator, too. st.stop and st.rerun, which are no errors, pass."""
    try:
        yield
    except FragmentHandledException:  # Streamlit has shown this one already
        raise
    except DatabaseUnreachable as error:
        run = get_script_run_ctx()
        if run is None or run.has_script_started or run.fragment_ids_this_run:  # else a callback: the page follows
            st.error(escape(error))
            _rerun_when_readable(time.monotonic())
    except StoreError as error:
        st.error("Not saved. " + escape(error))
    except Exception as error:
        st.error(escape(log_and_describe(error)))


@st.fragment(run_every=_CHECK_SECONDS)
def _rerun_when_readable(since: float) -> None:
    """Redraw the page once the database can be read, but not over and over where only some of it can."""
    if time.monotonic() < since + _CHECK_SECONDS / 2:
        return
    with suppress(StoreError), store().reading():
        st.rerun()


def draw_database_warning() -> None:
    """Say above the page why nothing can be saved, until it can. Where nothing can be read, the page itself says so."""
    database = store().database
    if database.trouble:
        with database.reading():
            st.fragment(_draw_trouble, run_every=None if database.is_read_only else _CHECK_SECONDS)()


@error_boundary()
def _draw_trouble() -> None:
    database = store().database
    if database.can_write():
        st.rerun()
    st.warning(escape(database.trouble), icon=":material/database_off:")
