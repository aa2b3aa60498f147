"""Rating metrics: the distance of predicted from held-out ratings; lower is better.

Published RMSE and MAE are pooled: one mean over all ratings, so that people with many ratings count
more. The values per user serve paired comparisons; the mean of the RMSE per user is another, usually
lower, number than the pooled RMSE. Clipping to the rating scale is the recommender's affair.
"""

import numpy as np


def rmse(predicted: np.ndarray, actual: np.ndarray) -> float:
    """Return the root mean squared error, pooled over all ratings."""
    return float(np.sqrt(np.mean(_errors(predicted, actual) ** 2)))


def mae(predicted: np.ndarray, actual: np.ndarray) -> float:
    """Return the mean absolute error, pooled over all ratings."""
    return float(np.mean(np.abs(_errors(predicted, actual))))


def rmse_per_user(predicted: np.ndarray, actual: np.ndarray, indptr: np.ndarray) -> np.ndarray:
    """Return (u,) the RMSE of each user's ratings `indptr[s]:indptr[s + 1]`; every user has at least one."""
    squares = _errors(predicted, actual) ** 2
    return np.sqrt(np.add.reduceat(squares, indptr[:-1]) / np.diff(indptr))


def mae_per_user(predicted: np.ndarray, actual: np.ndarray, indptr: np.ndarray) -> np.ndarray:
    """Return (u,) the MAE of each user's ratings `indptr[s]:indptr[s + 1]`; every user has at least one."""
    return np.add.reduceat(np.abs(_errors(predicted, actual)), indptr[:-1]) / np.diff(indptr)


def _errors(predicted: np.ndarray, actual: np.ndarray) -> np.ndarray:
    errors: np.ndarray = np.subtract(predicted, actual, dtype=np.float64)
    return errors
