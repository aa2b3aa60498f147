"""Files of models, made for a test."""

import io

import numpy as np


def npz(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()
