"""What the properties of lists depend on beside the lists: what people chose before, and what is known of items."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse


@dataclass(frozen=True, eq=False)
class ListContext:
    """The same for all recommenders on one split; rows belong to the u scored users, in their order.

    `profiles` (u, n) is 1 where a user chose an item in training, with `n_train_users` users in training altogether.
    `attributes` (n, t) say which of t attributes each item has, t = 0 where none are known. `features` (n, d) describe
    the items for the diversity of a list, and `features_name` says what they are. `expected` (u, depth) are the lists
    that everybody could have written: those of the most popular unseen items.
    """

    profiles: sparse.csr_array
    n_train_users: int
    attributes: np.ndarray
    features: np.ndarray
    features_name: str
    expected: np.ndarray
