"""Hold what offline tests say against the planted preferences, which only synthetic data have."""
