"""Ourselves beside the compiled libraries: `python -m tests.benchmarks --peers`.

`with_*.py` are worker processes, one file a library. Each reads a task as JSON from its standard input and
answers with one line of JSON; only `with_recsys_core.py` runs in our environment, the others in the peers'.
`compare.py` sends the tasks, alternating between the contestants, and scores every model alike.
"""
