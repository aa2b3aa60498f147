"""A process that only writes to the store, as fast as it can, all that a worker writes."""

import os
from itertools import count

import numpy as np

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.split import SplitRecipe
from recsys_core.store.run import FINISHED, EpochRecord
from tests.faults.acknowledged import AcknowledgingStore


def write_for_ever(url: str, file: str) -> None:
    os.environ["FAULTS_ACKNOWLEDGED"] = file
    store = AcknowledgingStore(url)
    split = store.split(load_example_5x5().fingerprint, SplitRecipe())
    rng = np.random.default_rng(os.getpid())
    for seed in count():
        store.queue.add_run(split, "svd", ALGORITHMS["svd"](n_factors=2), seed)
        run = store.queue.claim(str(os.getpid()))
        for number in range(3):
            store.queue.record_epoch(run, EpochRecord(number, rng.random(), None, 0.0))
        store.save_model(run.id, FactorModel.of(rng.normal(size=(500, 16)), rng.normal(size=(500, 16))))
        store.queue.end_run(run, FINISHED)
