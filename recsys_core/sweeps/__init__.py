"""Sweeps: plan many settings of hyperparameters, queue their runs, rank their results."""
