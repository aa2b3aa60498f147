"""The run history: data sets, runs, epochs and results in one database (SQLAlchemy Core)."""
