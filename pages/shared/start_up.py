"""What the server does before anybody opens a page: import the program, open the store, train the first models."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from threading import Thread

import streamlit as st


@asynccontextmanager
async def start_up(app: st.App) -> AsyncIterator[None]:
    """Prepare the first page while the server already answers: whoever comes early waits for the rest of it only."""
    Thread(target=_prepare, daemon=True).start()
    yield


def _prepare() -> None:
    from pages.shared.server import store
    from pages.shared.shell import draw_app  # noqa: F401  (so that the first page finds it imported)

    with suppress(Exception):  # whatever is wrong with the store, the first page says it
        store()
