"""What the server does before anybody opens a page: import the program, open the store, train the first models."""

import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from pkgutil import walk_packages
from threading import Thread

import streamlit as st

_PAUSE_SECONDS = 3.0  # whoever opened the first page at once has it by then


@asynccontextmanager
async def start_up(app: st.App) -> AsyncIterator[None]:
    """Prepare the pages while the server already answers: whoever comes early waits for the rest of it only."""
    Thread(target=_prepare, daemon=True).start()
    yield


def _prepare() -> None:
    gc.disable()  # imports leave next to no garbage, and looking for it takes a third of their time
    try:
        from pages.shared.server import spare_from_collection, store
        from pages.shared.shell import draw_app  # noqa: F401  (so that the first page finds it imported)

        gc.freeze()  # or the collection after the first script run, which Streamlit orders, would visit it all
        with suppress(Exception):  # whatever is wrong with the store, the first page says it
            store()
    finally:
        gc.enable()
    time.sleep(_PAUSE_SECONDS)
    import_views()
    spare_from_collection()


def import_views() -> None:
    """Import what the pages draw, so that nobody waits for it who opens one of them for the first time."""
    from pages import views

    for module in walk_packages(views.__path__, "pages.views."):
        import_module(module.name)
