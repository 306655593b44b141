"""The tables of a bucket that is far away; as tables.py."""
from .measure import median
from .tables import mebibytes, of, spread


def peak(runs):
    return max(run["extra"]["peak"] for run in runs)


def tiny(result, table):
    part = result["tiny"]
    rate = lambda way: f"{part['files'] / median(of(part['runs'][way], 'wall')):,.0f}"
    rows = []
    for what, ours, rclone, curl in part["lines"]:
        rows.append([what, rate(ours), rate(rclone), rate(curl), mebibytes(peak(part["runs"][ours]))])
    return table(["latency", "loader, files/s", "rclone to a disk", "the bucket alone, with curl", "peak MiB"], rows)


def loads(result, table):
    rows = []
    for name, runs in result["medium"]["runs"].items():
        rows.append([f"{result['medium']['files']} files of 10,000 rows, {name}", spread(runs), "", mebibytes(peak(runs))])
    part = result["full_load"]
    for name, runs in part["runs"].items():
        where = name if name == "directory" else f"30 ms, {name}"
        rate = f"{part['bytes'] / median(of(runs, 'wall')) / 1e6:.1f}"
        loader = "peak" in runs[0]["extra"]
        rows.append([f"8 LOAD files, {where}", spread(runs), rate, mebibytes(peak(runs)) if loader else ""])
    return table(["workload", "seconds", "MB/s of gzipped data", "peak MiB"], rows)


def polls(result, table):
    mean = lambda times: f"{sum(times) / len(times):.2f} s"
    found = result["polled"]
    took, lists = zip(*found["polls"])
    rows = [
        [f"an idle poll of {result['tables']} tables", f"{median(took):.2f} s, {median(lists):.0f} LISTs", mebibytes(found["peak"])],
        ["average time from a new file to its commit, 1 s of sleep between polls", mean(found["seen"]), mebibytes(found["peak"])],
    ]
    if events := result.get("events"):
        rows.append(["the same with SOURCE_EVENTS, the default sleep", mean(events["seen"]), mebibytes(events["peak"])])
    return table(["workload", "result", "peak MiB"], rows)


def backlog(result, table):
    rows = []
    for part in (result["one"], result["many"]):
        what = f"{part['tables']} tables with" if part["tables"] > 1 else "one table with"
        whole = "" if part["tables"] > 1 or part["lists_whole"] is None else f"{part['lists_whole']:,.0f}"
        rows.append(
            [
                f"{what} {part['files']:,} waiting files each" if part["tables"] > 1 else f"{what} {part['files']:,} waiting files",
                f"{part['first_row']:.2f} s",
                f"{part['loaded'] / part['seconds']:,.0f}",
                f"{part['lists_first']} for {part['first']:,} files",
                whole,
                mebibytes(part["peak"]),
            ]
        )
    return table(["bucket with 30 ms latency", "first committed row", "files/s", "initial LISTs", "LISTs for all", "peak MiB"], rows)
