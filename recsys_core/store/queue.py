"""What a sweep and a cluster want of the store: runs that wait in the background, and sweeps that grow."""

import time

from sqlalchemy import delete, select, update

from recsys_core.store.run import INTERRUPTED, QUEUED, RUNNING
from recsys_core.store.schema import epochs, runs, sweeps
from recsys_core.store.store import RunStore


def replace_sweep(store: RunStore, number: int, old: dict, new: dict) -> bool:
    """Put `new` in the place of the description `old`; False, and nothing done, where it is another by now."""
    with store.writing() as connection:
        query = select(sweeps.c.description).where(sweeps.c.id == number).with_for_update()
        if connection.execute(query).scalar() != old:
            return False
        connection.execute(update(sweeps).where(sweeps.c.id == number).values(description=new))
        return True


def deadline_of(store: RunStore, run_id: int) -> float | None:
    """The moment after which the sweep of a run begins nothing more."""
    with store.reading() as connection:
        return connection.execute(select(runs.c.deadline).where(runs.c.id == run_id)).scalar()


def waiting_in_background(store: RunStore) -> list[int]:
    """The queued runs of sweeps, in the order of their turns."""
    query = select(runs.c.id).where(runs.c.state == QUEUED, runs.c.in_background, runs.c.deleted.is_(None))
    with store.reading() as connection:
        return list(connection.execute(query.order_by(runs.c.id)).scalars())


def claim_for(store: RunStore, run_id: int, claim_token: str, max_attempts: int) -> str | None:
    """Claim this very run for who has this `claim_token`, or take it over from who had the token before and was lost.

    Returns the name under which it is claimed; None where it is not to be run any more: by somebody else, too late,
    stopped, or begun `max_attempts` times already.
    """
    with store.writing() as connection:
        columns = (runs.c.state, runs.c.worker, runs.c.deadline, runs.c.stop_requested)
        row = connection.execute(select(*columns).where(runs.c.id == run_id).with_for_update()).first()
        if row is None:
            return None
        is_mine = row.state in (RUNNING, INTERRUPTED) and (row.worker or "").startswith(f"{claim_token}/")
        if row.state == QUEUED and (row.deadline is None or row.deadline >= time.time()):
            attempt = 1
        elif is_mine:
            attempt = 1 + int(row.worker.partition("/")[2])
        else:
            return None
        change = update(runs).where(runs.c.id == run_id)
        if row.stop_requested or attempt > max_attempts:
            lost = "Its worker was lost."
            message = lost if row.stop_requested else f"{max_attempts} workers were lost while they trained it."
            connection.execute(change.values(state=INTERRUPTED, message=message, ended=time.time()))
            return None
        now, name = time.time(), f"{claim_token}/{attempt}"
        anew = {"state": RUNNING, "message": "", "worker": name, "started": now, "heartbeat": now, "ended": None}
        connection.execute(change.values(anew))
        connection.execute(delete(epochs).where(epochs.c.run_id == run_id))
    return name
