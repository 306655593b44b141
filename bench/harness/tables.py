"""Results → tables. Each function is given a case's result and `table`, which writes a head and rows: as text for the terminal,
or as Markdown."""
from .measure import median, ratio


def seconds(value):
    return f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def mebibytes(value):
    return f"{value / 2**20:.0f}"


def of(runs, key):
    return [run[key] for run in runs]


def middle(runs):
    return seconds(median(of(runs, "wall")))


def spread(runs):
    """Median with range, and a word when the machine was not quiet or a checkpoint began meanwhile."""
    walls = of(runs, "wall")
    text = middle(runs)
    if len(runs) > 1:
        text += f" ({seconds(min(walls))} to {seconds(max(walls))})"
    if noisy := sum(not run["quiet"] for run in runs):
        text += f", {noisy} of {len(runs)} noisy"
    if met := sum(run["checkpoints"] > 0 for run in runs):
        text += f", {met} with a checkpoint"
    return text


def paired(baseline, runs):
    """The speedup over the baseline."""
    factor, low, high = ratio(baseline, runs)
    return f"**{factor:.2f}**" + (f" ({low:.2f} to {high:.2f})" if len(runs) > 1 else "")


def compared(result, table):
    """Three columns: the loader, the way instead, the server alone."""
    rows = []
    for what, ours, instead, alone in result["lines"]:
        runs = result["runs"]
        row = [what, spread(runs[ours])]
        row += [spread(runs[instead]), paired(runs[instead], runs[ours])] if instead else ["", ""]
        row += [spread(runs[alone]), paired(runs[alone], runs[ours])] if alone else ["", ""]
        rows.append(row)
    instead = next(line[2] for line in result["lines"])
    head = ["workload", "loader, s", f"{instead}, s", "speedup of the loader", "server alone, s", "fraction of its speed"]
    return table(head, rows)


def costs(result, table):
    """Of each way."""
    rows = []
    for name, runs in result["runs"].items():
        cpu = [seconds(median(of(runs, key))) for key in ("client_cpu", "server_cpu")]
        rows.append([name, middle(runs), *cpu, f"{median(of(runs, 'wal')) / 1e6:.1f}"])
    return table(["method", "seconds", "client CPU s", "server CPU s", "WAL MB"], rows)


OWN, PLAIN, BY_ROW = "set-based SQL, the loader's table", "set-based SQL, plain table", "row by row"


def changes(result, table):
    rows = []
    for size, ways in result["runs"].items():
        ours = ways["loader"]
        row = [f"{int(size):,}", spread(ours)]
        row += [spread(ways[OWN]), paired(ways[OWN], ours), spread(ways[PLAIN]), paired(ways[PLAIN], ours)]
        row += [spread(ways[BY_ROW]), paired(ways[BY_ROW], ours)] if BY_ROW in ways else ["", ""]
        rows.append([*row, seconds(median([run["extra"]["seen"] for run in ours]))])
    times = "speedup of the loader"
    head = ["changes", "loader, s", f"{OWN}, s", times, f"{PLAIN}, s", times, f"{BY_ROW}, s", times]
    return table([*head, "loader, wall time with poll, s"], rows)


def change_costs(result, table):
    runs = {f"{int(size):,} changes, {name}": runs for size, ways in result["runs"].items() for name, runs in ways.items()}
    return costs({"runs": runs}, table)


def latency(result, table):
    rows = []
    trips = lambda value: "" if value is None else f"{value:.1f}"
    for point in result["points"]:
        rows.append(
            [
                f"{point['delay_ms']} ms",
                f"{point['round_trip'] * 1000:.2f}",
                f"{median(point['small']) * 1000:.1f}",
                trips(point["small_round_trips"]),
                f"{median(point['medium']) * 1000:.0f}",
                trips(point["medium_round_trips"]),
                f"{point['backlog_files'] / point['backlog'][0]:,.0f}",
                trips(point["backlog_round_trips"]),
            ]
        )
    head = ["added latency", "SELECT ms", "small delivery ms", "round trips", "10,000 changes ms", "round trips"]
    return table([*head, "files/s of a backlog of 170", "round trips of the whole run"], rows)


def memory(result, table, in_changes=None):
    rows = [[f"full load of {int(rows):,} rows", f"{found['peak'] / 2**20:.1f}"] for rows, found in result["peaks"].items()]
    for size, ways in (in_changes or {"runs": {}})["runs"].items():
        peak = max(run["extra"].get("peak", 0) for run in ways["loader"])
        rows.append([f"a service, up to and including a delivery of {int(size):,} changes", f"{peak / 2**20:.1f}"])
    return table(["workload", "peak MiB"], rows)


def requests(result, table):
    per = 1000 / result["files"]
    backlog, idle = result["backlog"], result["idle"]
    rows = [
        ["a run that loads 1,000 change files", f"{backlog['LIST'] * per:.0f}", f"{backlog['GET'] * per:.0f}"],
        ["a poll without new files, with those files in the bucket", idle["queries"], idle["GET"]],
    ]
    return table(["workload", "LIST", "GET"], rows)


def micro(result, table):
    rows = []
    for part in result["parts"]:
        each = f"{part['per_value'] * 1e9:.1f} ns per value" if "per_value" in part else f"{part['cpu']:.1f} {part['unit']}"
        rate = f"{part['bytes_per_second'] / 1e6:,.0f}" if "bytes_per_second" in part else ""
        rows.append([part["name"], each, rate])
    return table(["part", "CPU", "MB/s of text"], rows)


def versions(result, table):
    rows, size = [], f"{result['size']:,} changes"
    for what, text in (("full_load", "full load"), ("changes", size)):
        runs = result[what]
        default = next(iter(runs.values()), None)
        rows += [[f"{text}, io_method={name}", spread(one), paired(default, one), "", "", ""] for name, one in runs.items()]
    for name, runs in result["indexes"].items():
        extra = lambda key: median([run["extra"][key] for run in runs])
        looks = [f"{extra(key) * 1000:.1f}" for key in ("look", "look_none")]
        against = paired(result["indexes"]["B-tree"], runs)
        rows.append([f"{size}, index on event_id: {name}", spread(runs), against, f"{extra('hot'):.0%}", *looks])
    looks = ["reading the last 10,000 events, ms", "reading none, ms"]
    return table(["workload", "seconds", "times as fast as the default", "HOT updates, including the previous file", *looks], rows)


def before(result, table):
    rows = []
    for what, runs in result["runs"].items():
        now, earlier = runs.values()
        rows.append([what, spread(now), spread(earlier), paired(earlier, now)])
    return table(["workload", "this program, s", "the earlier program, s", "times as fast"], rows)


def by_version(majors, table):
    """One line per figure, one column per PostgreSQL version: seconds of the loader, and its share of the server's speed."""
    cells, order = {}, []

    def add(what, major, text):
        if what not in cells:
            order.append(what)
        cells.setdefault(what, {})[major] = text

    share = lambda runs, ours, alone: f"{middle(runs[ours])} ({ratio(runs[alone], runs[ours])[0]:.2f})"
    for major, found in majors.items():
        for case, name in (("full_load", "full load, "), ("orders", ""), ("tiny_files", "")):
            for what, ours, _, alone in found.get(case, {"lines": []})["lines"]:
                add(name + what, major, share(found[case]["runs"], ours, alone))
        for size, ways in found.get("changes", {"runs": {}})["runs"].items():
            add(f"{int(size):,} changes", major, share(ways, "loader", OWN))
    rows = [[what, *(cells[what].get(major, "") for major in majors)] for what in order]
    return table(["workload", *(f"PostgreSQL {major}" for major in majors)], rows)
