"""Hand large arrays from one process to another through files that are mapped into memory, not read."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from recsys_core.data.corruption import Corruption, restore_corrupted_split
from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import Split, SplitRecipe
from recsys_core.data.split_check import SUBSETS
from recsys_core.store.npz_codec import dataset_from_arrays, dataset_to_arrays

Arrays = Mapping[str, np.ndarray]


@contextmanager
def exchange_folder() -> Iterator[Path]:
    """Make a folder for arrays of numbers on their way from a child process; it is deleted in the end."""
    with tempfile.TemporaryDirectory(prefix="recsys-") as name:
        yield Path(name)


def write_arrays(folder: Path, arrays: Arrays) -> None:
    """Write each array into a file of its own in `folder`. Raises ValueError for an array of objects."""
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)


def map_arrays(folder: Path) -> dict[str, np.ndarray]:
    """Map the arrays that `write_arrays` wrote, read-only; they stay valid when the files are deleted."""
    return {path.stem: np.load(path, mmap_mode="r").view(np.ndarray) for path in sorted(folder.glob("*.npy"))}


def dataset_to_mapped(dataset: Dataset) -> dict[str, np.ndarray]:
    """Return a data set as arrays, with those counts of its ratings that pages show."""
    data = dataset.interactions
    values, counts = data.distinct_values
    counted = {"distinct_values": values, "value_counts": counts, "users_per_item": data.users_per_item}
    return {**dataset_to_arrays(dataset), **counted, "fingerprint": _text_to_array(dataset.fingerprint)}


def dataset_from_mapped(arrays: Arrays) -> Dataset:
    """Restore the data set that `dataset_to_mapped` took apart, without computing its fingerprint and counts again."""
    dataset = dataset_from_arrays(dict(arrays))
    # What a cached property has computed is an ordinary attribute of that name.
    dataset.__dict__["fingerprint"] = _array_to_text(arrays["fingerprint"])
    data = dataset.interactions
    data.__dict__["distinct_values"] = arrays["distinct_values"], arrays["value_counts"]
    data.__dict__["users_per_item"] = arrays["users_per_item"]
    return dataset


def split_to_mapped(split: Split) -> dict[str, np.ndarray]:
    """Return a split as arrays; `split_from_mapped` needs its recipe and its data set too."""
    arrays = {"n_kept_whole": np.asarray(split.n_kept_whole)}
    for name in SUBSETS:
        arrays |= _subset_to_arrays(name, getattr(split, name))
    return arrays


def split_from_mapped(arrays: Arrays, dataset: Dataset, recipe: SplitRecipe) -> Split:
    """Restore the split of `dataset` by `recipe` that `split_to_mapped` took apart."""
    return Split(
        **{name: _subset_from_arrays(name, arrays, dataset.interactions) for name in SUBSETS},
        recipe=recipe,
        n_kept_whole=int(arrays["n_kept_whole"]),
        data_fingerprint=dataset.fingerprint,
        is_graded=dataset.is_graded,
    )


def corrupted_to_mapped(split: Split) -> dict[str, np.ndarray]:
    """Return what corruptions change of a split as arrays; `corrupted_from_mapped` needs the whole split too."""
    return {**_subset_to_arrays("train", split.train), "data_fingerprint": _text_to_array(split.data_fingerprint)}


def corrupted_from_mapped(arrays: Arrays, whole: Split, corruptions: Sequence[Corruption]) -> Split:
    """Restore the corrupted split that `corrupted_to_mapped` took apart, from the `whole` one."""
    train = _subset_from_arrays("train", arrays, whole.train)
    return restore_corrupted_split(whole, corruptions, train, _array_to_text(arrays["data_fingerprint"]))


def _subset_to_arrays(name: str, subset: Interactions) -> dict[str, np.ndarray]:
    parts = ("indptr", "items", "values", "users_per_item")
    return {f"{name}-{part}": getattr(subset, part) for part in parts}


def _subset_from_arrays(name: str, arrays: Arrays, alike: Interactions) -> Interactions:
    """Restore a subset over the items of `alike`, with its threshold."""
    indptr, items, values = (arrays[f"{name}-{part}"] for part in ("indptr", "items", "values"))
    subset = Interactions(indptr, items, values, alike.n_items, alike.relevance_threshold)
    subset.__dict__["users_per_item"] = arrays[f"{name}-users_per_item"]
    return subset


def file_to_arrays(content: bytes) -> dict[str, np.ndarray]:
    """Return the content of a file as an array of bytes."""
    return {"content": np.frombuffer(content, np.uint8)}


def file_from_arrays(arrays: Arrays) -> bytes:
    """Restore the content that `file_to_arrays` took apart."""
    return arrays["content"].tobytes()


def _text_to_array(text: str) -> np.ndarray:
    return np.frombuffer(text.encode(), np.uint8)


def _array_to_text(array: np.ndarray) -> str:
    return array.tobytes().decode()
