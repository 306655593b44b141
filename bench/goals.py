"""The performance goals of the loader, and whether the results meet them: for its developers. bench/run prints them."""
from dataclasses import dataclass

from harness.measure import median, ratio
from harness.tables import OWN, of


@dataclass
class Goal:
    figure: str
    wanted: str
    measured: str = "not measured"
    verdict: str = ""


def at_least(figure, wanted, value, unit=""):
    goal = Goal(figure, f"at least {wanted:,g}{unit}")
    if value is not None:
        goal.measured, goal.verdict = f"{value:,.2f}{unit}", "yes" if value >= wanted else "NO"
    return goal


def at_most(figure, wanted, value, unit=""):
    goal = Goal(figure, f"at most {wanted:,g}{unit}")
    if value is not None:
        goal.measured, goal.verdict = f"{value:,.2f}{unit}", "yes" if value <= wanted else "NO"
    return goal


def faster(runs, baseline, ours):
    """Ours against the baseline, paired; None if one of them wasn't run."""
    return ratio(runs[baseline], runs[ours])[0] if baseline in runs and ours in runs else None


def runs_of(found, case):
    return found.get(case, {"runs": {}})["runs"]


def shares(found):
    """Fractions of the speed of the server alone."""
    for what, ours, _, alone in found.get("full_load", {"lines": [["1 connection", "", "", ""]]})["lines"]:
        if what != "key kept":
            yield at_least(f"full load, {what}: fraction of the server's speed", 0.95, faster(runs_of(found, "full_load"), alone, ours))
    yield at_least("orders: fraction of the server's speed", 0.85, faster(runs_of(found, "orders"), "server alone", "loader"))
    sizes = runs_of(found, "changes")
    for size in sizes or ("1000", "10000", "100000", "1000000"):
        figure = f"{int(size):,} changes against the same set-based SQL on the loader's table"
        yield at_least(figure, 1.0, faster(sizes.get(size, {}), OWN, "loader"), " times")
    loads = runs_of(found, "full_load").get("loader, 1 connection")
    share = median([run["client_cpu"] / run["server_cpu"] for run in loads]) if loads else None
    yield at_most("loader CPU against server CPU in a full load", 0.4, share)


def near(found):
    trips = None
    if "latency" in found:
        trips = next(point["small_round_trips"] for point in found["latency"]["points"] if point["delay_ms"] == 10)
    yield at_most("round trips of a small delivery with 10 ms latency", 8, trips)
    peaks = {int(rows): one["peak"] / 2**20 for rows, one in found.get("memory", {"peaks": {}})["peaks"].items()}
    in_changes = [run["extra"].get("peak", 0) / 2**20 for ways in runs_of(found, "changes").values() for run in ways["loader"]]
    yield at_most("peak memory, full loads and changes of any size", 128, max([*peaks.values(), *in_changes], default=None), " MiB")
    growth = peaks[15_000_000] / peaks[1_494_975] if 15_000_000 in peaks and 1_494_975 in peaks else None
    yield at_most("peak memory at 15 million rows against 1.5 million", 1.05, growth, " times")
    idle = found["requests"]["idle"]["queries"] if "requests" in found else None
    yield at_most("LIST requests of an idle poll, one table", 3, idle)


def before(found):
    """Not slower. Two measurements of the same program may differ by 3 %."""
    runs = runs_of(found, "before") or {"full load, changes, tiny files": {}}
    for what, ways in runs.items():
        value = faster(ways, "the earlier program", "this program")
        yield at_least(f"{what}, from a directory, against the earlier program", 0.97, value, " times")


def far(found):
    case = found.get("far", {})
    tiny, medium, full = (case[part]["runs"] if case else {} for part in ("tiny", "medium", "full_load"))
    rate = lambda way: case["tiny"]["files"] / median(of(tiny[way], "wall")) if way in tiny else None
    for delay, wanted in ((30, 1000), (100, 400)):
        yield at_least(f"tiny files at {delay} ms", wanted, rate(f"loader, {delay} ms"), " files/s")
    yield at_least("files of 10,000 rows, 100 ms against 0 ms", 0.90, faster(medium, "0 ms", "100 ms"), " times")
    fast, slow = "60 MB/s a connection", "8 MB/s a connection"
    yield at_least("LOAD files at 30 ms, 60 MB/s, against the directory", 0.95, faster(full, "directory", fast), " times")
    if (near := faster(full, "directory", slow)) and near >= 0.95:  # PostgreSQL is the limit
        yield at_least("LOAD files at 30 ms, 8 MB/s, against the directory", 0.95, near, " times")
    else:
        one = faster(full, "8 MB/s, FETCH_CONNECTIONS=1", slow)
        yield at_least("LOAD files at 30 ms, 8 MB/s, against one connection", 2.5, one, " times")
    yield at_least("LOAD files over TLS against plain", 0.90, faster(full, fast, f"{fast}, TLS"), " times")
    spare = [faster(tiny, "loader, 0 ms", "curl, 0 ms"), faster(full, f"{fast}, TLS", "60 MB/s, TLS, fetched by curl only")]
    yield at_least("the benchmark's bucket is not the limit: curl against the loader", 1.5, min(spare) if case else None, " times")


def far_memory(found):
    case = found.get("far", {})
    runs = [run for part in case.values() if "runs" in part for runs in part["runs"].values() for run in runs]
    peaks = [run["extra"]["peak"] for run in runs if "peak" in run["extra"]]
    for other, parts in (("far_backlog", ("one", "many")), ("far_polls", ("polled", "events"))):
        peaks += [found[other][part]["peak"] for part in parts if part in found.get(other, {})]
    yield at_most("peak memory with a bucket far away, all cases", 128, max(peaks) / 2**20 if peaks else None, " MiB")


def far_discovery(found):
    mean = lambda part: sum(part["seen"]) / len(part["seen"]) if part else None
    polls = found.get("far_polls", {})
    took, lists = zip(*polls["polled"]["polls"]) if polls else ((), ())
    yield at_most("an idle poll of 200 tables at 30 ms", 0.7, median(took) if took else None, " s")
    yield at_most("LIST requests of that poll", 202, max(lists, default=None))
    yield at_most("file to committed, 1 s of sleep, average", 1.5, mean(polls.get("polled")), " s")
    yield at_most("file to committed with events, average", 1.0, mean(polls.get("events")), " s")
    one = found.get("far_backlog", {}).get("one")
    part = lambda key: one[key] if one else None
    yield at_most("a million waiting files: first committed row", 2, part("first_row"), " s")
    yield at_most("  LIST requests for the first 20,000", 30, part("lists_first"))
    yield at_most("  LIST requests for all", 1200, part("lists_whole"))


def goal_table(found, table):
    goals = [*shares(found), *near(found), *before(found), *far(found), *far_memory(found), *far_discovery(found)]
    return table(["figure", "goal", "measured", "met"], [[goal.figure, goal.wanted, goal.measured, goal.verdict] for goal in goals])
