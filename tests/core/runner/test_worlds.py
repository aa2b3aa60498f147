"""Worlds measured in the background are those of the foreground, and go on where they were stopped."""

import time

from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe
from recsys_core.runner.worlds import WorldsJob, read_settings, write_settings
from recsys_core.truth.worlds import WorldSettings, measure_worlds

SETTINGS = WorldSettings(
    SyntheticRecipe(n_users=40, n_items=30, n_tastes=3, picks=8, popularity_strength=1.5), SplitRecipe(test=0.3), k=5
)


def wait_for(job: WorldsJob, count: int) -> None:
    deadline = time.monotonic() + 60
    while len(job.worlds) < count and job.is_running:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_stopped_job_goes_on_and_ends_with_the_same_worlds():
    assert read_settings(write_settings(SETTINGS)) == SETTINGS
    job = WorldsJob(SETTINGS, 6)
    job.start()
    wait_for(job, 2)
    job.stop()
    assert not job.is_running and not job.has_failed
    assert 2 <= len(job.worlds)
    job.start()
    wait_for(job, 6)
    assert job.is_done and job.worlds == list(measure_worlds(SETTINGS, range(6)))
