"""Sweeps: plan many settings of one or two hyperparameters, queue their runs, rank their results."""
