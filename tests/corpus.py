"""See how every file that people have trouble with is read: `python -m tests.corpus [number of generated files]`.

Prints files tried, as expected, silent, refused clearly and crashed, for the corpus of bad files, the cases of public
reports, and generated dirty files with the ratings that each should give. Ends with an error where one was silently
wrong.
"""

import csv
import json
import os
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from recsys_core.data.reading import read_items, read_ratings
from recsys_core.errors import InputError

SHARED = Path(os.environ.get("RECSYS_DATA", Path(__file__).resolve().parent.parent / "../shared/data")).parent
EXPECTED, SILENT, REFUSED, CRASHED = "as expected", "silent", "refused clearly", "crashed"
REFUSE = "refuse"


@dataclass(frozen=True)
class Case:
    """A file of the cases: REFUSE, or (people, items, ratings); the mean rating where it tells; words to be said."""

    file: str
    size: tuple[int, int | None, int] | str | None
    mean: float | None = None
    words: tuple[str, ...] = ()
    has_times: bool | None = None


CASES = (
    Case("01_netflix_blocks.txt", (14, 8, 56), has_times=True),
    Case("03_anime_minus_one.csv", (30, 357, 360), words=("-1", "not rated", "6.95")),
    Case("04_jester_matrix.csv", (25, 20, 305), words=("99", "not an item")),
    Case("04b_jester_matrix.xlsx", (25, 20, 305), words=("99", "not an item")),
    Case("08b_lastfm360k.tsv", (12, None, 60), words=("Quotes are read as letters",)),
    Case("09_gowalla_checkins.txt", (12, 40, 157), has_times=True),
    Case("11_hetrec_tagged_days.dat", (20, 56, 180), has_times=True, words=("year",)),
    Case("12_amazon2018_item_first.csv", (120, 25, 207), words=("column 2",)),
    Case("13_amazon_us_reviews.tsv", (20, 24, 100), words=("Quotes are read as letters",)),
    Case("13b_amazon_us_reviews_no_quotes.tsv", (20, 24, 100), has_times=True, words=("star_rating",)),
    Case("14_amazon_5core.json", (15, 24, 90), has_times=True, words=("helpful",)),
    Case("14_amazon_5core.jsonl", (15, 24, 90), has_times=True, words=("helpful",)),
    Case("14c_amazon_5core.json.gz", (15, 24, 90), has_times=True, words=("helpful",)),
    Case("14d_amazon_flat.jsonl", (15, 24, 90), has_times=True),
    Case("16_retailrocket_events.csv", (15, 20, 75), has_times=True, words=("event",)),
    Case("17_shop_utc_suffix.csv", (20, 29, 120), has_times=True),
    Case("18_lightgcn_train.txt", (40, 60, 640), words=("all of their items",)),
    Case("18b_lightgcn_equal_lines.txt", (40, 207, 320), words=("all of their items",)),
    Case("19b_numpy_savetxt.csv", (15, 35, 90), words=("read as '1'",)),
    Case("21_letor_svmlight.txt", REFUSE, words=("LETOR",)),
    Case("22_mind_behaviors.tsv", REFUSE, words=("impressions",)),
    Case("23_excel_sep_line.csv", (46, 20, 60), has_times=True),
    Case("24_chinese_header.csv", (12, 20, 60), has_times=True),
    Case("25_russian_cp1251.csv", (12, 20, 60), words=("Windows-1251", "Фильм")),
    Case("26_tsv_stray_quotes.tsv", (10, 6, 40), words=("Quotes are read as letters",)),
    Case("26b_tsv_swallowed_rows.tsv", (4, 5, 8), mean=45.0, words=("Quotes are read as letters",)),
    Case("26c_csv_swallowed_rows.csv", (4, 5, 8), mean=45.0, words=("Quotes are read as letters",)),
    Case("27_single_quotes.csv", REFUSE, words=("rating is not a number",)),
    Case("29_excel_formula_ids.csv", (12, 25, 60), words=("read as '0010'",)),
    Case("29b_excel_scientific_ids.csv", (40, 29, 200), words=("scientific",)),
    Case("29c_excel_scientific_neighbours.csv", (1, 29, 29), words=("scientific", "lost")),
    Case("30_float_user_ids.parquet", (11, 26, 55), words=("user is blank",)),
    Case("31_tz_times.parquet", None, has_times=True),
    Case("32_yyyymmdd.csv", (15, 37, 90), has_times=True),
    Case("34_units_in_header.csv", (12, 18, 60), has_times=True, words=("Rating (1-5)",)),
    Case("38_mixed_offsets.csv", (2, 4, 6), has_times=True),
    Case("39_msd_triplets.txt", (20, 58, 140), words=("counts",)),
    Case("64_isbn_x_first_line.csv", (30, 30, 30), has_times=True),
    Case("64c_isbn_5000.csv", (5_001, 5_001, 5_001), has_times=True),
)


def meet_case(case: Case) -> tuple[str, str]:
    """Return (how the file was read, what was said about it)."""
    path = SHARED / "cases" / case.file
    try:
        dataset, receipt = read_ratings(path.read_bytes(), path.name)
    except InputError as error:
        if error.__cause__ is not None:
            return CRASHED, repr(error.__cause__)
        is_meant = case.size == REFUSE and all(word in str(error) for word in case.words)
        return (EXPECTED if is_meant else REFUSED), str(error)
    except Exception as error:
        return CRASHED, repr(error)
    data, message = dataset.interactions, receipt.text()
    size = (data.n_users, data.n_items, data.n_interactions)
    is_met = case.size is None or all(
        found == meant or meant is None for found, meant in zip(size, case.size, strict=True)
    )
    is_met &= case.mean is None or abs(float(data.values.mean()) - case.mean) < 1e-6
    is_met &= all(word in message for word in case.words)
    is_met &= case.has_times is None or (dataset.times is not None) == case.has_times
    is_met &= receipt.lines is None or receipt.lines.n_unaccounted == 0
    if path.name.startswith("01_"):
        is_met &= _is_netflix_truth(dataset)
    return (EXPECTED if is_met else SILENT), message


def _is_netflix_truth(dataset) -> bool:
    truth = json.loads((SHARED / "cases" / "01_truth.json").read_text(encoding="utf-8"))
    data = dataset.interactions
    found = {
        (dataset.user_ids[user], dataset.item_ids[item], float(value))
        for user, item, value in zip(data.users, data.items, data.values, strict=True)
    }
    return found == {(user, item, float(value)) for user, item, value, _ in truth}


def meet_indexed(folder: Path, row: dict) -> tuple[str, str]:
    """Return (how a file of an index was read, what was said about it)."""
    path = folder / row["file"]
    read = read_items if "_movies_" in row["file"] else read_ratings
    try:
        _, receipt = read(path.read_bytes(), path.name)
    except InputError as error:
        if error.__cause__ is not None:
            return CRASHED, repr(error.__cause__)
        is_meant = row["expected"] == "reject" and _mentions(row, str(error))
        return (EXPECTED if is_meant else REFUSED), str(error)
    except Exception as error:
        return CRASHED, repr(error)
    message = receipt.text()
    is_met = row["expected"] != "reject" and receipt.n_kept == int(row["rows_kept"])
    is_met &= receipt.n_read == receipt.n_kept + receipt.n_left_out + receipt.n_merged
    is_met &= receipt.lines is None or receipt.lines.n_unaccounted == 0
    if row["expected"] == "accept-with-warning":
        is_met &= bool(receipt.warnings or receipt.left_out or receipt.merged) and _mentions(row, message)
    return (EXPECTED if is_met else SILENT), message


def _mentions(row: dict, message: str) -> bool:
    message = message.lower()
    return all(
        any(word in message for word in words.split("|")) for words in row["message_must_mention"].lower().split(";")
    )


def index_rows(folder: Path) -> list[dict]:
    """The rows of a folder's index.csv."""
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def meet_generated(n_files: int, seed: int = 0) -> Counter:
    """How so many generated files were met; prints those that were silently wrong or crashed."""
    import hypothesis

    from tests import dirty_files

    met = Counter()

    @hypothesis.seed(seed)
    @hypothesis.given(file=dirty_files.dirty_files())
    @hypothesis.settings(
        max_examples=n_files,
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    def check(file):
        how, message = dirty_files.outcome(file)
        met[EXPECTED if how in (dirty_files.EXACT, dirty_files.WARNED) else how] += 1
        if how == dirty_files.WARNED:
            met["warned"] += 1
        if how in (SILENT, CRASHED):
            print(f"{how}: {file!r}\n{message}\n", file=sys.stderr)

    check()
    return met


def main() -> None:
    n_files = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    table = {}
    for name in ("bad_inputs", "bad_inputs_2"):
        folder = SHARED / name
        rows = index_rows(folder) if (folder / "index.csv").is_file() else []
        table[name] = Counter(meet_indexed(folder, row)[0] for row in rows)
    cases = [case for case in CASES if (SHARED / "cases" / case.file).is_file()]
    table["cases (files of ratings)"] = Counter(meet_case(case)[0] for case in cases)
    table["generated"] = meet_generated(n_files)
    n_warned = table["generated"].pop("warned", 0)
    print(f"{'':26}{'tried':>8}{EXPECTED:>14}{SILENT:>8}{REFUSED:>17}{CRASHED:>9}")
    for name, met in table.items():
        columns = (sum(met.values()), met[EXPECTED], met[SILENT], met[REFUSED], met[CRASHED])
        print(f"{name:26}" + "".join(f"{n:>{w},}" for n, w in zip(columns, (8, 14, 8, 17, 9), strict=True)))
    print(f"Of the generated files, {n_warned:,} differ from what they should give, with a warning about the trouble.")
    if any(met[SILENT] or met[CRASHED] for met in table.values()):
        sys.exit("A file was silently wrong, or crashed.")


if __name__ == "__main__":
    main()
