"""What was measured beside what we aim at, as tables."""

from tests.benchmarks.peers.arena import EQUAL_ANGLE


def print_rows(rows: list[dict]) -> None:
    """Each comparison as a block, the fastest first, with the ratio to our best in it."""
    for what, factors in dict.fromkeys((row["what"], row["factors"]) for row in rows):
        block = sorted((row for row in rows if (row["what"], row["factors"]) == (what, factors)), key=_seconds)
        best_of_ours = min((row["seconds"] for row in block if row["ours"]), default=None)
        print(f"\n{what}, {block[0]['data']}, {factors} factors")
        for row in block:
            ratio = f"{row['seconds'] / best_of_ours:6.2f} × ours" if best_of_ours else " " * 13
            quality = f"NDCG {row['ndcg']:.4f}" if "ndcg" in row else f"angle {row['angle']:.0e}"
            memory = f"{row['peak_mb']:6.0f} MB" if "peak_mb" in row else " " * 9
            print(f"  {row['name']:58} {row['seconds']:8.3f} s {ratio}  {quality:18} {memory}  load {row['load']:.1f}")
    print(flush=True)


def _seconds(row: dict) -> float:
    return row["seconds"]


def against_targets(rows: list[dict]) -> list[dict]:
    """The aims on ML-1M with 64 factors: ours over the best peer."""
    rows = [row for row in rows if (row["data"], row["factors"]) == ("ML-1M", 64)]

    def pair(start: str, key: str = "seconds", keep=lambda row: True):
        chosen = [row for row in rows if row["what"].startswith(start) and keep(row)]
        mine, theirs = ([row for row in chosen if row["ours"] is side] for side in (True, False))
        return (min(side, key=lambda row: row[key], default={key: float("nan")}) for side in (mine, theirs))

    checks = [
        ("exact ALS, an epoch", 0.9, *pair("exact ALS")),
        ("ALS to equal NDCG", 1.0, *pair("ALS to NDCG")),
        ("BPR to the peer's best NDCG", 0.25, *pair("BPR to")),
        ("truncated SVD, equal angle", 0.6, *pair("truncated SVD", keep=lambda r: r["angle"] <= EQUAL_ANGLE)),
        ("evaluation @10", 0.5, *pair("evaluation")),
        ("top-10 lists for all", None, *pair("top-10")),
        ("cold process to a trained model", 0.7, *pair("cold")),
        ("peak memory, exact ALS", None, *pair("exact ALS", "peak_mb")),
    ]
    table = []
    for what, aim, mine, theirs in checks:
        key = "peak_mb" if what.startswith("peak") else "seconds"
        table.append(
            {"what": what, "ours": mine[key], "peer": theirs[key], "name": theirs.get("name", "nobody"), "most": aim}
            | {"ratio": mine[key] / theirs[key]}
        )
    curves = [row for row in rows if row["what"] == "BPR, an epoch" and row["name"] != "ours, LambdaRank"]
    final = next(row["ndcg"] for row in curves if row["ours"])
    best = max((row for row in curves if not row["ours"]), key=lambda row: max(row["curve"][1]))
    peak = max(best["curve"][1])
    table.append(
        {"what": "BPR, final NDCG@10", "ours": final, "peer": peak, "name": best["name"], "least": 1.2}
        | {"ratio": final / peak}
    )
    return table


def print_targets(table: list[dict]) -> None:
    print("ML-1M, 64 factors: ours against the best peer")
    for row in table:
        aim, verdict = "", ""
        if row.get("most"):
            aim, verdict = f"≤ {row['most']}", "met" if row["ratio"] <= row["most"] else "MISSED"
        if row.get("least"):
            aim, verdict = f"≥ {row['least']}", "met" if row["ratio"] >= row["least"] else "MISSED"
        print(
            f"  {row['what']:34} {row['ours']:9.3f} {row['peer']:9.3f}  ratio {row['ratio']:5.2f}  "
            f"{aim:7} {verdict:7} {row['name']}"
        )
