"""What the loader must reach, and whether it does by these results."""
from dataclasses import dataclass

from .measure import median, ratio

PSQL = "zcat | psql COPY"
ORIGINAL_SECONDS = 85  # of the replaced system, for 159,967 orders


@dataclass
class Goal:
    figure: str
    wanted: str
    measured: str
    verdict: str


def at_least(figure, wanted, value, unit=" times"):
    if value is None:
        return Goal(figure, f"at least {wanted:g}{unit}", "not measured", "")
    return Goal(figure, f"at least {wanted:g}{unit}", f"{value:.2f}{unit}", "yes" if value >= wanted else "**no**")


def at_most(figure, wanted, value, unit=""):
    if value is None:
        return Goal(figure, f"at most {wanted:g}{unit}", "not measured", "")
    return Goal(figure, f"at most {wanted:g}{unit}", f"{value:.2f}{unit}", "yes" if value <= wanted else "**no**")


def faster(result, baseline, ours):
    """Ours against the baseline, paired; None when one of them wasn't run."""
    runs = (result or {}).get("runs", result) or {}
    if baseline not in runs or ours not in runs:
        return None
    return ratio(runs[baseline], runs[ours])[0]


def goals(found):
    full = found.get("full_load")
    yield at_least("full load of executions against zcat | psql COPY csv", 2.2, faster(full, PSQL, "loader"))
    yield at_least("the same, FULL_LOAD_CONNECTIONS=2", 2.6, faster(full, PSQL, "loader, 2 connections"))
    yield at_least("the same, a table that keeps its key", 1.7, faster(full, PSQL, "loader, key kept"))
    share = None
    if full:
        share = median([run["client_cpu"] / run["server_cpu"] for run in full["runs"]["loader"]])
    yield at_most("loader CPU against server CPU in that load", 0.4, share)
    times = None
    if "orders" in found:
        times = ORIGINAL_SECONDS / median([run["wall"] for run in found["orders"]["runs"]["loader"]])
    yield at_least("159,967 orders against the original's 85 s", 150, times)
    sizes = (found.get("changes") or {"runs": {}})["runs"]
    for size, wanted in ((1_000, 1.2), (10_000, 1.15), (100_000, 1.5), (1_000_000, 1.6)):
        figure = f"{size:,} changes against set-based SQL by psql"
        yield at_least(figure, wanted, faster(sizes.get(str(size)), "set-based SQL", "loader"))
    for size, wanted in ((1_000, 5), (10_000, 10), (100_000, 20)):
        figure = f"{size:,} changes against row-by-row upserts from Python"
        yield at_least(figure, wanted, faster(sizes.get(str(size)), "row by row", "loader"))
    tiny = faster(found.get("tiny_files"), "Python, a transaction a file", "loader")
    yield at_least("2,000 files of 1 to 10 changes against a Python loop, a transaction a file", 6, tiny)
    trips = None
    if "latency" in found:
        trips = next(point["small_round_trips"] for point in found["latency"]["points"] if point["delay_ms"] == 10)
    yield at_most("a small delivery with 10 ms added, round trips' worth", 8, trips)
    peaks = {int(rows): said["peak"] / 2**20 for rows, said in (found.get("memory") or {"peaks": {}})["peaks"].items()}
    in_changes = [run["extra"].get("peak", 0) / 2**20 for ways in sizes.values() for run in ways["loader"]]
    yield at_most("peak memory of the loader, full loads and changes of any size", 96, max([*peaks.values(), *in_changes], default=None), " MiB")
    growth = peaks[15_000_000] / peaks[1_494_975] if 15_000_000 in peaks and 1_494_975 in peaks else None
    yield at_most("peak memory at 15 million rows against 1.5 million", 1.05, growth, " times")
