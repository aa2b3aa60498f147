"""LensKit (https://lenskit.org)."""

import numpy as np
import pandas as pd
from lenskit.als import ImplicitMFScorer
from lenskit.data import from_interactions_df
from lenskit.training import TrainingOptions
from task import Progress, answer


def _dataset(train):
    triples = train.tocoo()
    return from_interactions_df(pd.DataFrame({"user_id": triples.row, "item_id": triples.col}))


def _rows_of_all(ids, rows, count) -> np.ndarray:
    """LensKit knows only users and items that occur in train; the others get zeros."""
    every = np.zeros((count, rows.shape[1]), np.float32)
    every[np.asarray(ids)] = rows
    return every


def als(task, train, test):
    """LensKit's weight is our α; it solves exactly."""
    data = _dataset(train)
    progress = Progress(task)
    scorer = ImplicitMFScorer(
        embedding_size=task["factors"], regularization=task["regularization"], weight=task["alpha"]
    )
    trainer = scorer.create_trainer(data, TrainingOptions(rng=task["seed"]))
    m, n = train.shape
    for epoch in range(task["epochs"]):
        trainer.train_epoch()
        progress.after(
            epoch + 1,
            lambda: (
                _rows_of_all(scorer.users.ids(), scorer.user_embeddings, m),
                _rows_of_all(scorer.items.ids(), scorer.item_embeddings, n),
            ),
        )
    return progress.result()


def bpr(task, train, test):
    """FlexMF with the preset "bpr": PyTorch, AdamW, batches of 8192; the other settings are its defaults."""
    from lenskit.flexmf import FlexMFImplicitScorer  # brings PyTorch, which ALS does not wait for

    data = _dataset(train)

    def new_trainer():
        scorer = FlexMFImplicitScorer(
            preset="bpr",
            embedding_size=task["factors"],
            learning_rate=task["learning_rate"],
            regularization=task["regularization"],
        )
        return scorer, scorer.create_trainer(data, TrainingOptions(rng=task["seed"]))

    new_trainer()[1].train_epoch()  # PyTorch compiles
    progress = Progress(task)
    scorer, trainer = new_trainer()
    m, n = train.shape

    def factors():
        state = trainer.model.state_dict()
        users, items = (state[name].cpu().numpy() for name in ("u_embed.weight", "i_embed.weight"))
        return _rows_of_all(scorer.users.ids(), users, m), _rows_of_all(scorer.items.ids(), items, n)

    for epoch in range(task["epochs"]):
        trainer.train_epoch()
        progress.after(epoch + 1, factors)
    return progress.result()


answer({"als": als, "bpr": bpr})
