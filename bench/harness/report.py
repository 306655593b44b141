"""Results → the text for the terminal, and docs/benchmarks.md with its plots. In the document, only what is between
`<!-- begin NAME -->` and `<!-- end NAME -->` is written; the words around it are kept by hand."""
import json
import re

from . import far_tables, plot, tables
from .measure import median, ratio

MAIN = 15  # the version whose results fill the document; the others have columns in one table
TABLES = {  # name in the document → (case, function)
    "full_load": ("full_load", tables.compared),
    "full_load_costs": ("full_load", tables.costs),
    "orders": ("orders", tables.compared),
    "pgloader": ("pgloader", tables.compared),
    "parquet": ("parquet", tables.compared),
    "changes": ("changes", tables.changes),
    "change_costs": ("changes", tables.change_costs),
    "tiny_files": ("tiny_files", tables.compared),
    "latency": ("latency", tables.latency),
    "memory": ("memory", tables.memory),
    "requests": ("requests", tables.requests),
    "far": ("far", far_tables.tiny),
    "far_loads": ("far", far_tables.loads),
    "far_polls": ("far_polls", far_tables.polls),
    "far_backlog": ("far_backlog", far_tables.backlog),
    "micro": ("micro", tables.micro),
    "versions": ("versions", tables.versions),
    "before": ("before", tables.before),
}


def load(results):
    """{major version: {case: result}}"""
    majors = sorted((directory for directory in results.iterdir() if directory.name.isdigit()), key=lambda directory: int(directory.name))
    read = lambda directory: {file.stem: json.loads(file.read_text()) for file in sorted(directory.glob("*.json"))}
    return {int(directory.name): read(directory) for directory in majors}


def markdown(head, rows):
    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in [head, ["---"] * len(head), *rows]]
    return "\n".join("| " + " | ".join(row) + " |" for row in cells)


def aligned(head, rows):
    cells = [[str(cell).replace("**", "") for cell in row] for row in [head, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in cells)


def all_tables(found, table):
    written = {name: write(found[case], table) for name, (case, write) in TABLES.items() if case in found}
    if "memory" in found:
        written["memory"] = tables.memory(found["memory"], table, found.get("changes"))
    return written


def summary(found):
    """For the terminal: one version's results."""
    return "\n\n".join(f"{name}\n{text}" for name, text in all_tables(found, aligned).items())


def meaning(found, table):
    """The key figures."""
    rows = []
    times = lambda result, ours, other: f"{ratio(result['runs'][other], result['runs'][ours])[0]:.1f}"
    if full := found.get("full_load"):
        what, ours, instead, _ = full["lines"][0]
        rate = full["rows"] / median(tables.of(full["runs"][ours], "wall"))
        rows.append(["full load of 1.5 million rows", f"{rate:,.0f} rows/s", f"{times(full, ours, instead)} times as fast as {instead}"])
    if changes := found.get("changes"):
        for size, ways in changes["runs"].items():
            rate = int(size) / median(tables.of(ways["loader"], "wall"))
            factor = ratio(ways[tables.PLAIN], ways["loader"])[0]
            by_row = f", {ratio(ways[tables.BY_ROW], ways['loader'])[0]:.1f} times as fast as row by row" if tables.BY_ROW in ways else ""
            rows.append([f"a file of {int(size):,} changes", f"{rate:,.0f} changes/s", f"{factor:.1f} times as fast as set-based SQL{by_row}"])
    if tiny := found.get("tiny_files"):
        _, ours, instead, _ = tiny["lines"][0]
        rate = tiny["files"] / median(tables.of(tiny["runs"][ours], "wall"))
        rows.append(["files of 1 to 10 changes", f"{rate:,.0f} files/s", f"{times(tiny, ours, instead)} times as fast as {instead}"])
    if far := found.get("far"):
        part = far["tiny"]
        _, ours, rclone, _ = next(line for line in part["lines"] if line[0] == "30 ms")
        rate = part["files"] / median(tables.of(part["runs"][ours], "wall"))
        rows.append(["the same from a bucket with 30 ms latency", f"{rate:,.0f} files/s", f"{times(part, ours, rclone)} times as fast as rclone"])
    if memory := found.get("memory"):
        most = max(one["peak"] for one in memory["peaks"].values())
        rows.append(["peak memory of a full load of any size", f"{tables.mebibytes(most)} MiB", ""])
    return table(["workload", "loader", "compared with alternatives"], rows)


def machine(majors):
    environments = [result["environment"] for found in majors.values() for result in found.values()]
    lines = []
    for place in environments:
        lines.append(
            f"{place['cores']} cores of {place['processor']}, {place['memory_gib']} GiB; {place['system']}, kernel "
            f"{place['kernel']}; {place['postgres']}; {place['loader']}; {place['peers']}."
        )
    whens = []
    for major, found in majors.items():
        for name, result in found.items():
            whens.append(f"{name} on {major}: {result['environment']['when']}, at {result['environment']['commit']}")
    return "\n\n".join(dict.fromkeys(lines)) + "\n\nMeasured: " + "; ".join(whens) + "."


def plots(found):
    """name of the file → SVG."""
    rate = lambda result, way: result["rows"] / median(tables.of(result["runs"][way], "wall"))
    if full := found.get("full_load"):
        values = [(name, rate(full, name)) for name in full["runs"]]
        if slow := found.get("pgloader"):
            values.append(("pgloader", rate(slow, slow["lines"][0][2])))
        yield "full_load.svg", plot.bars("Full load of executions, rows per second", sorted(values, key=lambda pair: -pair[1]))
    if "changes" in found:
        series = {}
        for size, ways in found["changes"]["runs"].items():
            for name, runs in ways.items():
                series.setdefault(name, []).append((int(size), median(tables.of(runs, "wall"))))
        yield "changes.svg", plot.lines("Applying one file of changes", series, "changes in the file", "seconds", log=True)
    if tiny := found.get("tiny_files"):
        values = [(name, tiny["files"] / median(tables.of(runs, "wall"))) for name, runs in tiny["runs"].items()]
        yield "tiny_files.svg", plot.bars("Files of 1 to 10 changes, files per second", values)
    if "latency" in found:
        points = found["latency"]["points"]
        series = {
            name: [(point["delay_ms"], median(point[key]) * 1000) for point in points]
            for name, key in (("1 to 10 changes", "small"), ("10,000 changes", "medium"))
        }
        yield "latency.svg", plot.lines("One delivery to a remote server", series, "added round-trip time, ms", "ms")
    if "memory" in found:
        values = [(f"loader, {int(rows):,} rows", one["peak"] / 2**20) for rows, one in found["memory"]["peaks"].items()]
        yield "memory.svg", plot.bars("Peak memory of the loader in a full load, MiB", values, "{:.0f}")


def document(results, file):
    majors = load(results)
    found = majors.get(MAIN, {})
    parts = {"machine": machine(majors), "by_version": tables.by_version(majors, markdown), "meaning": meaning(found, markdown)}
    parts |= all_tables(found, markdown)
    parts |= {f"versions_{major}": tables.versions(one["versions"], markdown) for major, one in majors.items() if "versions" in one}
    directory = file.parent / file.stem
    directory.mkdir(exist_ok=True)
    for name, svg in plots(found):
        (directory / name).write_text(svg)
    text = file.read_text()
    for name, body in parts.items():
        between = re.compile(f"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.S)
        text = between.sub(lambda match: match[1] + body + "\n" + match[2], text)
    file.write_text(text)
