"""Executing runs: worker processes that take their work from the store and write it back there."""
