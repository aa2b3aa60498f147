"""Form the normal equations of rows from the factors of their entries."""

import numpy as np

from recsys_core.algorithms.kernels.row_groups import RowGroup, RowGroups

_BORDERED_UP_TO = 32  # factors; up to here a general product is quicker than a symmetric one and the right sides apart


class WeightedEntries:
    """The entries of all rows with their factors y, weights w and targets t, from which Σ w y yᵀ and Σ t y are formed.

    A weight w that all entries have is made 1: y and t become √w y and t / √w, which changes neither sum. `scale` is
    that √w, else 1.
    """

    def __init__(
        self,
        rows: RowGroups,
        factors: np.ndarray,
        targets: np.ndarray | float | np.floating,
        weights: np.ndarray | float | np.floating,
    ) -> None:
        """Stand ready to form; `factors` are (n, k), `targets` and `weights` beside the entries or one number."""
        self._rows, self._k = rows, rows.n_factors
        one_weight = np.ndim(weights) == 0 and bool(weights > 0)
        self.scale = np.sqrt(np.float32(weights)) if one_weight else np.float32(1)
        self._weights = None if one_weight else np.asarray(weights, np.float32)
        self._targets = targets / self.scale
        # Beside the factors there is room for t / √w: then one product forms a system together with its right side.
        self._is_bordered = self._k <= _BORDERED_UP_TO and (one_weight or bool(np.all(weights)))
        padded = np.zeros((len(factors) + 1, self._k + self._is_bordered), np.float32)  # the padding's are 0
        padded[:-1, : self._k] = factors if self.scale == 1 else self.scale * factors
        self._is_border_filled = self._is_bordered and one_weight and np.ndim(self._targets) == 0
        if self._is_border_filled:
            padded[:-1, self._k] = self._targets
        self._padded = padded

    def factors_of(self, group: RowGroup) -> np.ndarray:
        """Return the factors of a group's entries (r, L, k), which stay until the thread asks for another group's."""
        return self._gathered(group)[:, :, : self._k]

    def systems_of(self, group: RowGroup, y: np.ndarray) -> np.ndarray:
        """Return Σ w y yᵀ and below it Σ t y, (r, k + 1, k), the calling thread's own until it asks for others.

        `y` is what `factors_of` has returned for the group.
        """
        k, scratch = self._k, self._rows.scratch
        systems = scratch.array("systems", (len(y), k + 1, k))
        t = group.beside(self._targets)
        root = None if self._weights is None else np.sqrt(group.beside(self._weights))[..., None]
        if self._is_bordered:
            weighted = scratch.array("gathered" if root is None else "weighted", (*y.shape[:2], k + 1))
            if root is not None:
                np.multiply(y, root, out=weighted[:, :, :k])
            if not self._is_border_filled:
                weighted[:, :, k] = t if root is None else t / root[..., 0]
            np.matmul(weighted.transpose(0, 2, 1), weighted[:, :, :k], out=systems)
            return systems
        weighted = y if root is None else np.multiply(y, root, out=scratch.array("weighted", y.shape))
        # A product of an array with its own transpose is one `syrk` a row: half the multiplications.
        np.matmul(weighted.transpose(0, 2, 1), weighted, out=systems[:, :k])
        t = np.ascontiguousarray(np.broadcast_to(t, y.shape[:2]))  # or BLAS would not be used
        np.matmul(t[:, None, :], y, out=systems[:, k:])
        return systems

    def roots_and_targets_of(self, group: RowGroup) -> tuple[np.ndarray, np.ndarray]:
        """Return √w and t of a group's entries, (r, L) each; of padding they mean nothing, as its factors are 0."""
        shape, weights = group.items.shape, np.float32(1) if self._weights is None else group.beside(self._weights)
        return np.broadcast_to(np.sqrt(weights), shape), np.broadcast_to(group.beside(self._targets), shape)

    def _gathered(self, group: RowGroup) -> np.ndarray:
        y = self._rows.scratch.array("gathered", (*group.items.shape, self._padded.shape[1]))
        return np.take(self._padded, group.items, axis=0, out=y, mode="clip")  # "raise" would go through a second array
