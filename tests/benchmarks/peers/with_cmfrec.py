"""cmfrec (https://github.com/david-cortes/cmfrec)."""

from cmfrec import CMF_implicit
from task import Progress, answer


def als(task, train, test):
    """cmfrec tells nothing while it trains: every length is a training of its own, from the same start."""
    triples = train.tocoo()
    told = {"epochs": [], "elapsed": [], "processor": []}
    for length in sorted({1, task["epochs"] // 2, task["epochs"]}):
        progress = Progress(task)
        model = CMF_implicit(
            k=task["factors"],
            lambda_=task["regularization"],
            alpha=task["alpha"],
            use_cg=task["solver"] == "cg",
            niter=length,
            precompute_for_predictions=False,
            random_state=task["seed"],
            nthreads=task["threads"],
        ).fit(triples)
        progress.after(length, lambda model=model: (model.A_, model.B_))
        for name, values in progress.result().items():
            told[name] += values
    return told


answer({"als": als})
