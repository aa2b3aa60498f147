"""The keys of the widgets on Train that tests and other pages look for."""

ALGORITHM_KEY, SEED_KEY, TRAIN_KEY = "algorithm", "seed", "train"
