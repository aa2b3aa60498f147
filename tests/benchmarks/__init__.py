"""Timings of our own, side by side in one run: `python -m tests.benchmarks`."""
