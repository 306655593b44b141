"""Results → tables, for the terminal and for docs/benchmarks.md, and plots. In the document, only what stands between
`<!-- begin NAME -->` and `<!-- end NAME -->` is written; the words around it are kept by hand."""
import json
import re

from . import plot
from .goals import goals
from .measure import median, ratio



def load(results):
    return {file.stem: json.loads(file.read_text()) for file in sorted(results.glob("*.json"))}


def markdown(head, rows):
    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in [head, ["---"] * len(head), *rows]]
    return "\n".join("| " + " | ".join(row) + " |" for row in cells)


def aligned(head, rows):
    cells = [[str(cell).replace("**", "") for cell in row] for row in [head, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in cells)


def seconds(value):
    return f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def of(runs, key):
    return [run[key] for run in runs]


def walls(runs):
    """Median with range, and a word when the machine was not quiet or a checkpoint began meanwhile."""
    noisy = sum(not run["quiet"] for run in runs)
    note = f", {noisy} of {len(runs)} noisy" if noisy else ""
    if met := sum(run["checkpoints"] > 0 for run in runs):
        note += f", {met} with a checkpoint"
    return [seconds(median(of(runs, "wall"))), f"{seconds(min(of(runs, 'wall')))} to {seconds(max(of(runs, 'wall')))}{note}"]


def speed(baseline, runs):
    middle, low, high = ratio(baseline, runs)
    return f"**{middle:.2f}** ({low:.2f} to {high:.2f})"


def costs(runs):
    return [
        seconds(median(of(runs, "client_cpu"))),
        seconds(median(of(runs, "server_cpu"))),
        f"{median(of(runs, 'wal')) / 1e6:.1f}",
    ]


COSTS = ["client CPU s", "server CPU s", "WAL MB"]


def loads(result, table):
    rows = []
    baseline = next(iter(result["runs"]))
    for name, runs in result["runs"].items():
        rate = f"{result['rows'] / median(of(runs, 'wall')):,.0f}"
        faster = "1" if name == baseline else speed(result["runs"][baseline], runs)
        rows.append([name, *walls(runs), rate, faster, *costs(runs)])
    return table(["way", "seconds", "range", "rows/s", "speed, paired", *COSTS], rows)


def changes(result, table):
    rows = []
    for size, ways in result["runs"].items():
        ours = ways["loader"]
        for name, runs in ways.items():
            seen = seconds(median([run["extra"]["seen"] for run in runs])) if name == "loader" else ""
            faster = "" if name == "loader" else speed(runs, ours)
            rows.append([f"{int(size):,}", name, *walls(runs), seen, faster, *costs(runs)])
    head = ["changes", "way", "seconds", "range", "by the clock, with poll", "loader is faster, paired", *COSTS]
    return table(head, rows)


def tiny_files(result, table):
    ours = result["runs"]["loader"]
    rows = []
    for name, runs in result["runs"].items():
        rate = f"{result['files'] / median(of(runs, 'wall')):,.0f}"
        rows.append([name, *walls(runs), rate, "" if name == "loader" else speed(runs, ours), *costs(runs)])
    return table(["way", "seconds", "range", "files/s", "loader is faster, paired", *COSTS], rows)


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
    head = ["added", "SELECT ms", "small delivery ms", "round trips", "10,000 changes ms", "round trips"]
    return table([*head, "files/s of a backlog of 170", "round trips of the whole run"], rows)


def memory(result, table, changes=None):
    rows = [[f"full load of {int(rows):,} rows", f"{said['peak'] / 2**20:.1f}"] for rows, said in result["peaks"].items()]
    for size, ways in (changes or {"runs": {}})["runs"].items():
        peak = max(run["extra"].get("peak", 0) for run in ways["loader"])
        rows.append([f"a service, up to and with a delivery of {int(size):,} changes", f"{peak / 2**20:.1f}"])
    return table(["what", "peak MiB"], rows)


def requests(result, table):
    per = 1000 / result["files"]
    backlog, idle = result["backlog"], result["idle"]
    rows = [
        ["a run that loads 1,000 change files", f"{backlog['LIST'] * per:.0f}", f"{backlog['GET'] * per:.0f}"],
        ["a poll that finds nothing, with those files in the bucket", idle["queries"], idle["GET"]],
    ]
    return table(["what", "LIST", "GET"], rows)


def far(result, table):
    rows = []
    for point in result["tiny"]:
        rate = lambda times: f"{point['files'] / median(times):,.0f}"
        mebibytes = f"{point['peak'] / 2**20:.0f}"
        rows.append([f"{point['delay_ms']} ms", "tiny files", f"{rate(point['loader'])} files/s", f"{rate(point['rclone'])} files/s", mebibytes])
    for point in result["full_load"]:
        speed = f", {point['megabytes']} MB/s a connection" if point["megabytes"] else ""
        mebibytes = f"{point['peak'] / 2**20:.0f}"
        rows.append([f"{point['delay_ms']} ms{speed}", "full load", f"{seconds(median(point['loader']))} s", "", mebibytes])
    return table(["latency of the bucket", "what", "loaded", "rclone, copied to a disk only", "peak MiB"], rows)


def micro(result, table):
    rows = []
    for part in result["parts"]:
        each = f"{part['per_value'] * 1e9:.1f} ns a value" if "per_value" in part else f"{part['cpu']:.1f} {part['unit']}"
        rate = f"{part['bytes_per_second'] / 1e6:,.0f}" if "bytes_per_second" in part else ""
        rows.append([part["name"], each, rate])
    return table(["part", "CPU", "MB/s of text"], rows)


def bounds(result, table):
    """Speeds against the first way of each part."""
    rows = []
    for part in ("full_load", "orders", "changes"):
        first, *_ = result[part].values()
        for name, runs in result[part].items():
            rows.append([part.replace("_", " "), name, *walls(runs), "1" if runs is first else speed(first, runs), *costs(runs)])
    return table(["what", "way", "seconds", "range", "speed, paired", *COSTS], rows)


def machine(found):
    said = {json.dumps({**result["environment"], "when": "", "commit": ""}): result["environment"] for result in found.values()}
    lines = []
    for place in said.values():
        lines.append(
            f"{place['cores']} cores of {place['processor']}, {place['memory_gib']} GiB; {place['system']}, kernel "
            f"{place['kernel']}; {place['postgres']}; {place['loader']}; {place['peers']}."
        )
    whens = [f"{name}: {result['environment']['when']}, at {result['environment']['commit']}" for name, result in found.items()]
    return "\n".join(dict.fromkeys(lines)) + "\n\nMeasured: " + "; ".join(whens) + "."


TABLES = {
    "full_load": loads,
    "orders": loads,
    "pgloader": loads,
    "parquet": loads,
    "changes": changes,
    "tiny_files": tiny_files,
    "latency": latency,
    "memory": memory,
    "requests": requests,
    "far": far,
    "micro": micro,
    "bounds": bounds,
}


def tables(found, table):
    made = {case: write(found[case], table) for case, write in TABLES.items() if case in found}
    if "memory" in found:
        made["memory"] = memory(found["memory"], table, found.get("changes"))
    return made


def goal_table(found, table):
    rows = [[goal.figure, goal.wanted, goal.measured, goal.verdict] for goal in goals(found)]
    return table(["figure", "goal", "measured", "met"], rows)


def summary(results):
    """For the terminal."""
    found = load(results)
    parts = [f"{case}\n{text}" for case, text in tables(found, aligned).items()]
    return "\n\n".join([*parts, goal_table(found, aligned)])


def plots(found):
    """name of the file → SVG."""
    rate = lambda result, runs: result["rows"] / median(of(runs, "wall"))
    if full := found.get("full_load"):
        values = [(name, rate(full, runs)) for name, runs in full["runs"].items()]
        if "pgloader" in found:
            values.append(("pgloader", rate(found["pgloader"], found["pgloader"]["runs"]["pgloader"])))
        yield "full_load.svg", plot.bars("Full load of executions, rows a second", sorted(values, key=lambda pair: -pair[1]))
    if "changes" in found:
        series = {}
        for size, ways in found["changes"]["runs"].items():
            for name, runs in ways.items():
                series.setdefault(name, []).append((int(size), median(of(runs, "wall"))))
        yield "changes.svg", plot.lines("Applying one file of changes", series, "changes in the file", "seconds", log=True)
    if tiny := found.get("tiny_files"):
        values = [(name, tiny["files"] / median(of(runs, "wall"))) for name, runs in tiny["runs"].items()]
        yield "tiny_files.svg", plot.bars("Files of 1 to 10 changes, files a second", values)
    if "latency" in found:
        points = found["latency"]["points"]
        series = {
            name: [(point["delay_ms"], median(point[key]) * 1000) for point in points]
            for name, key in (("1 to 10 changes", "small"), ("10,000 changes", "medium"))
        }
        yield "latency.svg", plot.lines("One delivery to a server far away", series, "added round trip, ms", "ms")
    if "memory" in found:
        values = [(f"loader, {int(rows):,} rows", said["peak"] / 2**20) for rows, said in found["memory"]["peaks"].items()]
        yield "memory.svg", plot.bars("Peak memory of the loader in a full load, MiB", values, "{:.0f}")


def document(results, file):
    found = load(results)
    parts = {"goals": goal_table(found, markdown), "machine": machine(found)}
    parts |= tables(found, markdown)
    folder = file.parent / file.stem
    folder.mkdir(exist_ok=True)
    for name, svg in plots(found):
        (folder / name).write_text(svg)
    text = file.read_text()
    for name, body in parts.items():
        between = re.compile(f"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.S)
        text = between.sub(lambda match: match[1] + body + "\n" + match[2], text)
    file.write_text(text)
