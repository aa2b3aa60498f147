"""Solve many small symmetric positive definite systems without holding the GIL.

SciPy publishes its LAPACK as C function pointers in `scipy.linalg.cython_lapack.__pyx_capi__`. Called
through ctypes they release the GIL, so threads solve in parallel; `np.linalg.solve` takes about half as
long again, `scipy.linalg.lapack.sposv` keeps the GIL.
"""

import ctypes

import numpy as np
from scipy.linalg import cython_lapack


def _function_pointer(name: str) -> int:
    """Return the address of a LAPACK function."""
    capsule = cython_lapack.__pyx_capi__[name]
    get_name = ctypes.pythonapi.PyCapsule_GetName
    get_name.restype, get_name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
    get_pointer.restype, get_pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return int(get_pointer(capsule, get_name(capsule)))


# void sposv(char *uplo, int *n, int *nrhs, float *a, int *lda, float *b, int *ldb, int *info), dposv with doubles
_POSV = {
    np.dtype(kind): ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 8)(_function_pointer(name))
    for kind, name in ((np.float32, "sposv"), (np.float64, "dposv"))
}

# void strtrs(char *uplo, char *trans, char *diag, int *n, int *nrhs, float *a, int *lda, float *b, int *ldb, int *info)
_TRTRS = {
    np.dtype(kind): ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 10)(_function_pointer(name))
    for kind, name in ((np.float32, "strtrs"), (np.float64, "dtrtrs"))
}


def solve_positive_definite(matrices: np.ndarray, right_sides: np.ndarray) -> np.ndarray:
    """Solve A_i x_i = b_i by Cholesky for a stack of systems; both arguments are overwritten.

    matrices (rows, k, k) and right_sides (rows, k), both float32 or both float64, C-contiguous; only one triangle of
    each symmetric matrix is read, and its factor L is written there. Returns the rows that failed, those whose matrix
    is not positive definite to working precision; in all others `right_sides` holds the solution.
    """
    rows, k = right_sides.shape
    posv, n_bytes = _POSV[matrices.dtype], matrices.itemsize
    uplo, size, one, info = ctypes.c_char(b"L"), ctypes.c_int(k), ctypes.c_int(1), ctypes.c_int(0)
    uplo_, size_, one_, info_ = (ctypes.addressof(x) for x in (uplo, size, one, info))
    matrix, side = matrices.ctypes.data, right_sides.ctypes.data
    matrix_step, side_step = n_bytes * k * k, n_bytes * k
    failed = []
    for row in range(rows):
        posv(uplo_, size_, one_, matrix + row * matrix_step, size_, side + row * side_step, size_, info_)
        if info.value:
            failed.append(row)
    return np.array(failed, np.intp)


def solve_transposed_triangles(factors: np.ndarray, right_sides: np.ndarray) -> None:
    """Solve L_iᵀ x_i = b_i, where `factors` (rows, k, k) are as `solve_positive_definite` left them; b becomes x.

    Where b is N(0, I), x is N(0, A_i⁻¹). A row that failed there gets numbers without meaning here.
    """
    rows, k = right_sides.shape
    trtrs, n_bytes = _TRTRS[factors.dtype], factors.itemsize
    uplo, trans, diag = ctypes.c_char(b"L"), ctypes.c_char(b"T"), ctypes.c_char(b"N")
    size, one, info = ctypes.c_int(k), ctypes.c_int(1), ctypes.c_int(0)
    uplo_, trans_, diag_, size_, one_, info_ = (ctypes.addressof(x) for x in (uplo, trans, diag, size, one, info))
    factor, side = factors.ctypes.data, right_sides.ctypes.data
    factor_step, side_step = n_bytes * k * k, n_bytes * k
    for row in range(rows):
        trtrs(
            uplo_, trans_, diag_, size_, one_, factor + row * factor_step, size_, side + row * side_step, size_, info_
        )
