"""What the server does before anybody opens a page: import, open the store, train, score what *Start* shows.

And for as long as it runs: give each page its turn, and collect garbage now and then, not after each run of a page.
"""

import gc
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from pkgutil import walk_packages
from threading import Event, Thread

import streamlit as st

_LONGEST_SECONDS = 10.0  # then the server answers anyway, as when its database does not, which the first page says
_PAUSE_SECONDS = 3.0  # whoever opened the first page at once has it by then
_COLLECT_SECONDS = 10.0
# Python lets another thread go on after 5 ms. Pages drawn at the same time then wait for each other so often that 16
# sessions took a tenth more processor time, and the 95th percentile of a page was two fifths longer.
_TURN_SECONDS = 0.02


@asynccontextmanager
async def start_up(app: st.App) -> AsyncIterator[None]:
    """Prepare the first page, and then answer: a browser that comes earlier would only take the processor from it.

    The server's BLAS keeps to one thread. Sessions share the cores, and the threads of BLAS spin where they wait for
    one another: with two, Factors and Person of 5 million ratings took the server about twice the processor time.
    """
    has_ended = Event()
    preparing = Thread(target=_prepare, daemon=True)
    preparing.start()
    preparing.join(_LONGEST_SECONDS)
    Thread(target=_prepare_others, args=(preparing,), daemon=True).start()
    Thread(target=collect_garbage, args=(has_ended,), daemon=True).start()
    from recsys_core.threads import one_blas_thread  # slow, and by now the preparation has imported it

    with one_blas_thread():
        yield
    has_ended.set()


def _prepare() -> None:
    gc.disable()  # imports leave next to no garbage, and looking for it takes a third of their time
    try:
        from pages.shared.shell import draw_app  # noqa: F401  (so that the first page finds it imported)

        gc.freeze()  # or a collection while the first page is drawn would visit it all
        with suppress(Exception):  # whatever is wrong with the store, the first page says it
            _prepare_start()
    finally:
        gc.enable()


def _prepare_others(preparing: Thread) -> None:
    """Import what other pages draw once somebody has the first."""
    preparing.join()
    time.sleep(_PAUSE_SECONDS)
    from pages.shared.server import spare_from_collection

    sys.setswitchinterval(_TURN_SECONDS)  # not before: imports would keep the first browser waiting for its files
    import_views()
    spare_from_collection()


def _prepare_start() -> None:
    """Open the store, with a first model where it is empty, and score what Start shows of the generated data."""
    from pages.shared.context import Context
    from pages.shared.large_data import sweep_factors
    from pages.shared.server import planted, store
    from recsys_core.data.split import SplitRecipe

    fingerprint = planted().fingerprint
    if fingerprint in {row["fingerprint"] for row in store().dataset_list()}:
        sweep_factors(Context(store().dataset(fingerprint), store().split(fingerprint, SplitRecipe())))


def collect_garbage(has_ended: Event, seconds: float = _COLLECT_SECONDS) -> None:
    """Collect garbage every so many `seconds` until the server has ended.

    Each collection visits all that all sessions hold: Streamlit's own, one after every run of a page or of a live part
    (`runner.postScriptGC`), took most of the processor's time of a server with many sessions. Figures refer to
    themselves and would otherwise stay for long, with their arrays, since Python counts objects and not bytes.
    """
    while not has_ended.wait(seconds):
        gc.collect()


def import_views() -> None:
    """Import what the pages draw, so that nobody waits for it who opens one of them for the first time."""
    from pages import views

    for module in walk_packages(views.__path__, "pages.views."):
        import_module(module.name)
