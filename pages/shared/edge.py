"""The page's edge: what nobody foresaw becomes a sentence, and an id that stands in the server's log."""

import logging
import secrets
from contextlib import contextmanager

import streamlit as st
from streamlit.errors import FragmentHandledException

from pages.shared.text import as_text

_LOG = logging.getLogger("recsys")


def reported(error: Exception) -> str:
    """Write `error` with its traceback into the log, and return the sentence for the person."""
    error_id = secrets.token_hex(4)
    _LOG.error("error %s", error_id, exc_info=error)
    return (
        "Something failed here that should not have. What you have loaded and trained is still there: go on with "
        f"another page, or load this one again. If it stays so, report it with the error id {error_id}, which stands "
        "in the server's log."
    )


@contextmanager
def edge():
    """Around a page: whatever fails within is reported; st.stop and st.rerun, which are no errors, pass."""
    try:
        yield
    except FragmentHandledException:  # Streamlit has told this one already
        raise
    except Exception as error:
        st.error(as_text(reported(error)))
