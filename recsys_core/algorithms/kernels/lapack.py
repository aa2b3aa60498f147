"""Solve many small symmetric positive definite systems without holding the GIL.

SciPy publishes its LAPACK and BLAS as C function pointers, in `__pyx_capi__` of `cython_lapack` and `cython_blas`.
Called through ctypes they release the GIL, so threads solve in parallel; `np.linalg.solve` takes about half as
long again, `scipy.linalg.lapack.sposv` keeps the GIL.
"""

import ctypes
from types import ModuleType

import numpy as np
from scipy.linalg import cython_blas, cython_lapack


def _function_pointer(module: ModuleType, name: str) -> int:
    """Return the address of a function of LAPACK or BLAS."""
    capsule = module.__pyx_capi__[name]
    get_name = ctypes.pythonapi.PyCapsule_GetName
    get_name.restype, get_name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
    get_pointer.restype, get_pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return int(get_pointer(capsule, get_name(capsule)))


# void sposv(char *uplo, int *n, int *nrhs, float *a, int *lda, float *b, int *ldb, int *info), dposv with doubles
_POSV = {
    np.dtype(kind): ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 8)(_function_pointer(cython_lapack, name))
    for kind, name in ((np.float32, "sposv"), (np.float64, "dposv"))
}

# void spotf2(char *uplo, int *n, float *a, int *lda, int *info): Cholesky without blocks, which is faster than spotrf
# for 33 to about 100 rows and as fast below
_POTF2 = {
    np.dtype(kind): ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 5)(_function_pointer(cython_lapack, name))
    for kind, name in ((np.float32, "spotf2"), (np.float64, "dpotf2"))
}

# void strsv(char *uplo, char *trans, char *diag, int *n, float *a, int *lda, float *x, int *incx)
_TRSV = {
    np.dtype(kind): ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 8)(_function_pointer(cython_blas, name))
    for kind, name in ((np.float32, "strsv"), (np.float64, "dtrsv"))
}


def solve_positive_definite(systems: np.ndarray) -> np.ndarray:
    """Solve A_i x_i = b_i by Cholesky for a stack of systems (rows, k + 1, k), which are overwritten.

    `systems[i, :k]` is A_i and `systems[i, k]` is b_i, float32 or float64, C-contiguous; only one triangle of each
    symmetric matrix is read, and its factor L is written there. Returns the rows that failed, those whose matrix is
    not positive definite to working precision; in all others x_i stands where b_i was.
    """
    rows, _, k = systems.shape
    posv, n_bytes = _POSV[systems.dtype], systems.itemsize
    uplo, size, one, info = ctypes.c_char(b"L"), ctypes.c_int(k), ctypes.c_int(1), ctypes.c_int(0)
    uplo_, size_, one_, info_ = (ctypes.addressof(x) for x in (uplo, size, one, info))
    start, step, to_side = systems.ctypes.data, n_bytes * k * (k + 1), n_bytes * k * k
    failed = []
    for row, matrix in enumerate(range(start, start + rows * step, step)):
        posv(uplo_, size_, one_, matrix, size_, matrix + to_side, size_, info_)
        if info.value:
            failed.append(row)
    return np.array(failed, np.intp)


def draw_from_normals(systems: np.ndarray, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draw x_i ~ N(A_i⁻¹ b_i, A_i⁻¹) for a stack of systems [A b; bᵀ c] (rows, d + 1, d + 1), which are overwritten.

    `noise` ξ (rows, d) is N(0, I); systems and noise are both float32 or both float64, C-contiguous. With A = LLᵀ,
    Cholesky of the whole leaves L⁻¹b beside L, so that x = L⁻ᵀ(L⁻¹b + ξ) takes only one triangular solve more.
    Returns x (rows, d), and the rows that failed, those whose system is not positive definite to working precision. In
    the others the last number of a system becomes √(c − bᵀA⁻¹b).
    """
    rows, d = noise.shape
    potf2, trsv, n_bytes = _POTF2[systems.dtype], _TRSV[systems.dtype], systems.itemsize
    uplo, transposed, diag = (ctypes.c_char(each) for each in (b"L", b"T", b"N"))
    whole, size, one, info = (ctypes.c_int(each) for each in (d + 1, d, 1, 0))
    uplo_, transposed_, diag_, whole_, size_, one_, info_ = (
        ctypes.addressof(x) for x in (uplo, transposed, diag, whole, size, one, info)
    )
    system, system_step = systems.ctypes.data, n_bytes * (d + 1) * (d + 1)
    failed = []
    for row in range(rows):
        potf2(uplo_, whole_, system + row * system_step, whole_, info_)
        if info.value:
            failed.append(row)
    x = systems[:, :d, d] + noise  # LAPACK counts by columns: the last row of its factor is our last column
    side, side_step = x.ctypes.data, n_bytes * d
    for row in range(rows):
        trsv(uplo_, transposed_, diag_, size_, system + row * system_step, whole_, side + row * side_step, one_)
    return x, np.array(failed, np.intp)
