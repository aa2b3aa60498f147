"""scikit-learn (https://scikit-learn.org) and SciPy's ARPACK, which its TruncatedSVD offers too."""

import numpy as np
from scipy.sparse.linalg import svds
from sklearn.utils.extmath import randomized_svd
from task import answer, save_factors, timed


def svd(task, train, test):
    if task["solver"] == "arpack":
        matrix, k = train.astype(task["dtype"]), task["factors"]
        times, (u, sigma, vt) = timed(task, lambda: svds(matrix, k, tol=task["tol"], random_state=task["seed"]))
    else:
        times, (u, sigma, vt) = timed(
            task, lambda: randomized_svd(train, task["factors"], n_iter=task["n_iter"], random_state=task["seed"])
        )
    save_factors(f"{task['save']}.npz", u * sigma, np.ascontiguousarray(vt.T))
    return times


answer({"svd": svd})
