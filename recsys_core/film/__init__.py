"""A training as a film: where people and items lie after every epoch, one person's list, and what can be said of it."""
