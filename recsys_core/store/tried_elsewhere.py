"""What was tried on other splits of the same data: it chose settings by ratings that may be held out here."""

from sqlalchemy import select

from recsys_core.comparison.tuning import Setting
from recsys_core.store.read_once import read_once
from recsys_core.store.run import USABLE, Run
from recsys_core.store.run_rows import skip_unreadable
from recsys_core.store.schema import results, runs
from recsys_core.store.store import RunStore
from recsys_core.store.trial import trial_of


@read_once
def tried_elsewhere(store: RunStore, data_fingerprint: str, split_fingerprint: str) -> list[Run]:
    """List every run that `RunStore.tried_runs` lists on a split of these data other than this one.

    Where an algorithm had a single setting, such as its default for that split, there was nothing to choose.
    """
    query = (
        select(runs)
        .join(results, results.c.run_id == runs.c.id)
        .where(results.c.kind == "validation", runs.c.data_fingerprint == data_fingerprint)
        .where(runs.c.split_fingerprint != split_fingerprint, runs.c.state.in_(USABLE))
        .order_by(runs.c.id.desc())
    )
    with store.reading() as connection:
        found = list(skip_unreadable(connection.execute(query)))
    settings: dict[tuple[str, str], set[Setting]] = {}
    for run in found:
        settings.setdefault((run.split_fingerprint, run.algorithm), set()).add(trial_of(run).setting)
    return [run for run in found if len(settings[run.split_fingerprint, run.algorithm]) > 1]
