"""Recommender systems in NumPy and SciPy: data, algorithms, honest evaluation.

    An Algorithm (a frozen recipe) fits Interactions and yields Epochs; each Epoch carries a usable
    model, which is a Recommender. evaluate turns a Recommender and a Split into an Evaluation.

Nothing in here knows of the screen. Letters everywhere: m users, n items, k factors.
"""
