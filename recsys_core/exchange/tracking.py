"""Send runs to an MLflow tracking server, through MLflow's own client (the package mlflow-skinny)."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from recsys_core.errors import InputError
from recsys_core.numerics import describe_environment
from recsys_core.parameters import parameters
from recsys_core.store.kept_epoch import kept_record
from recsys_core.store.run import DIVERGED, FAILED, FINISHED, EpochRecord, Run, as_finished

_FINGERPRINT, _STATE = "recsys.run_fingerprint", "recsys.state"
_METRICS = {"objective": "objective", "validation": "validation_ndcg_at_10", "rmse": "validation_rmse",
            "seconds": "training_seconds"}  # fmt: skip
_MOST_METRICS = 1000  # per request, the limit of MLflow's REST API
_ENDED_AS = {FINISHED: "FINISHED", DIVERGED: "FAILED", FAILED: "FAILED"}
# No telemetry, and no long wait for a server that does not answer.
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}


@dataclass(frozen=True)
class TrackedRun:
    """A run that has ended, with what is sent about it."""

    run: Run
    data_name: str
    records: list[EpochRecord]


def send_runs(url: str, experiment: str, runs: Iterable[TrackedRun]) -> Iterator[bool]:
    """Send one run after another; yield whether it was new there, as runs with a known fingerprint are not sent again.

    One that somebody stopped has the fingerprint of a training that was to be as long as it was, and another state.
    Parameters are the settings, the seed and the split; metrics are those of every epoch (on validation ratings, never
    on a sealed test); tags are the fingerprints, the name and the notes. Raises InputError for an invalid address, a
    missing client, or a server that does not answer like MLflow.
    """
    if not url.startswith(("http://", "https://")):
        raise InputError(
            f"The address of an MLflow server must begin with http:// or https://. Got {url[:80]!r}: an example is "
            "http://127.0.0.1:5000."
        )
    os.environ.update({name: value for name, value in _QUIET.items() if name not in os.environ})
    try:
        from mlflow import MlflowClient
        from mlflow.entities import Metric, Param, RunTag
    except ImportError:
        raise InputError(
            "Sending runs to MLflow must have its client. It is not installed: pip install mlflow-skinny."
        ) from None
    with _errors_in_words(url):
        client = MlflowClient(tracking_uri=url)
        known_experiment = client.get_experiment_by_name(experiment)
        experiment_id = known_experiment.experiment_id if known_experiment else client.create_experiment(experiment)
    for tracked in runs:
        run = tracked.run
        with _errors_in_words(url):
            is_same = f"tags.`{_FINGERPRINT}` = '{_fingerprint(tracked)}' and tags.`{_STATE}` = '{run.state}'"
            if client.search_runs([experiment_id], is_same, max_results=1):
                yield False
                continue
            started, ended = (int(1000 * (time or run.created)) for time in (run.started, run.ended))
            made = client.create_run(experiment_id, start_time=started, run_name=run.label).info.run_id
            metrics = [
                Metric(name, value, started + int(1000 * record.seconds), record.number)
                for record in tracked.records
                for field, name in _METRICS.items()
                if (value := getattr(record, field)) is not None
            ]
            params = [Param(name, str(value)) for name, value in run_params(run).items()]
            tags = [RunTag(name, value) for name, value in run_tags(tracked).items()]
            client.log_batch(made, params=params, tags=tags)
            for start in range(0, len(metrics), _MOST_METRICS):
                client.log_batch(made, metrics=metrics[start : start + _MOST_METRICS])
            client.set_terminated(made, _ENDED_AS.get(run.state, "KILLED"), end_time=ended)
            yield True


def run_params(run: Run) -> dict[str, object]:
    """Return settings, seed and split of a run by name."""
    settings = {name: getattr(run.recipe, name) for name in parameters(run.recipe)}
    split = {f"split_{name}": value for name, value in run.split.settings().items()}
    return {"algorithm": run.algorithm, **settings, "seed": run.seed, **split}


def _fingerprint(tracked: TrackedRun) -> str:
    last_epoch = tracked.records[-1].number if tracked.records else None
    return as_finished(tracked.run, last_epoch).fingerprint


def run_tags(tracked: TrackedRun) -> dict[str, str]:
    """Return fingerprints, name and notes of a run."""
    run = tracked.run
    kept = kept_record(run.recipe, tracked.records) if run.recipe.keeps_best_epoch else None
    tags = {
        _FINGERPRINT: _fingerprint(tracked),
        "recsys.data": tracked.data_name[:500],
        "recsys.data_fingerprint": run.data_fingerprint,
        "recsys.split_fingerprint": run.split_fingerprint,
        "recsys.numerics_version": run.numerics_version,
        "recsys.environment": describe_environment(run.environment or {}),
        _STATE: run.state,
        "recsys.epoch_kept": "" if kept is None else str(kept.number),
        "recsys.tags": ", ".join(run.tags)[:500],
        "mlflow.note.content": run.notes[:5000],
    }
    return {name: value for name, value in tags.items() if value}


@contextmanager
def _errors_in_words(url: str) -> Iterator[None]:
    """Turn errors of the client into an InputError that says what to do."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except (MlflowException, OSError) as error:  # what `requests` raises is an OSError
        reason = " ".join(str(error).split())[:160]
        raise InputError(
            f"An MLflow server must answer at {url[:80]}. It did not ({reason}): start it or correct the "
            "address. Runs that were sent before are there."
        ) from error
