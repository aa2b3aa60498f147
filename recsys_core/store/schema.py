"""The tables of the store. Times are seconds since 1970; contents are NPZ bytes without pickle.

Whoever changes a table appends to `migrations.MIGRATIONS`. Two columns have an older name in the database than in the
code (`key`): an earlier version of this code that opens the database reads them by it, so they are not renamed.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

datasets = Table(
    "datasets",
    metadata,
    Column("fingerprint", String(16), primary_key=True),
    Column("name", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("receipt", JSON, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("created", Float, nullable=False),
    Column("hidden", Float),  # since when it is left out of the list to choose from
    Column("deleted", Float),  # since when it is hidden as deleted
    Column("author", Text),  # who loaded it first, where people sign in
    Column("editors", JSON),  # {"name": "who renamed it last", "hidden": "who hid it"}
)

# Every page lists the data sets. SQLite finds what stands behind `content` in a row only by going through all of it.
LISTED_DATASETS = Index("listed_datasets", datasets.c.deleted, datasets.c.created, datasets.c.hidden)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("data_fingerprint", ForeignKey("datasets.fingerprint"), nullable=False, index=True),
    Column("split_fingerprint", String(16), nullable=False, index=True),
    Column("split", JSON, nullable=False),
    Column("algorithm", String(40), nullable=False),
    Column("settings", JSON, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("code_version", String(16), key="numerics_version", nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("message", Text, nullable=False, default=""),
    Column("stop_requested", Boolean, nullable=False, default=False),
    Column("worker", String(80)),
    Column("heartbeat", Float),
    Column("created", Float, nullable=False),
    Column("started", Float),
    Column("ended", Float),
    Column("in_background", Boolean),  # starts after every run that a person waits for
    Column("deadline", Float),  # after this time it does not start any more
    Column("fork", JSON, key="branch"),
    Column("breaks", JSON),
    Column("factor_names", JSON),  # {"axes": {"0": "what a person called the first of these axes"}}
    Column("name", Text),  # name, notes and tags are what people wrote about a run
    Column("notes", Text),
    Column("tags", JSON),  # ["a word", "another"]
    Column(
        "environment", JSON
    ),  # versions of NumPy and SciPy, BLAS and processor, which decide how numbers are rounded
    Column("author", Text),  # who asked for it, where people sign in
    Column("editors", JSON),  # {"name": "who wrote it last", "archived": "who archived it"}
    Column("archived", Float),  # since when it is archived
    Column("deleted", Float),  # since when it is hidden as deleted
)

sweeps = Table(
    "sweeps",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("split_fingerprint", String(16), nullable=False, index=True),
    Column("description", JSON, nullable=False),
    Column("code_version", String(16), key="numerics_version", nullable=False),
    Column("created", Float, nullable=False),
)

epochs = Table(
    "epochs",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("objective", Float, nullable=False),
    Column("validation", Float),
    Column("seconds", Float, nullable=False),
    Column("rmse", Float),
)

results = Table(
    "results",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

reveals = Table(
    "reveals",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("split_fingerprint", String(16), nullable=False, index=True),
    Column("revealed", Float, nullable=False),
    Column("author", Text),  # who looked, where people sign in
)
