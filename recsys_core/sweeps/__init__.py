"""Sweeps: one or two hyperparameters over many values, their runs, and what came of them."""
