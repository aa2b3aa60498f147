"""Run training in worker processes, or on a Dask cluster: they claim runs from the store and write results back."""
