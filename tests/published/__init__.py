"""Published results, reproduced: `python -m tests.published`."""
