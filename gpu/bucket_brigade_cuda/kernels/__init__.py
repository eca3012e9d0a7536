"""The kernels, written once in Numba-CUDA, a file for each part of a night (`catalogue` has them by
name); what they are specialised for (`shape`), and the arrays that they read (`tables`).

Only `shape` and `tables` can be imported without Numba.
"""
