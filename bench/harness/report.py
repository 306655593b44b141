"""Results → tables in plain text, for the terminal and for docs/benchmarks.md."""
import json

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


def range_of(runs):
    walls = [run["wall"] for run in runs]
    noisy = sum(not run["quiet"] for run in runs)
    return [seconds(median(walls)), f"{seconds(min(walls))} to {seconds(max(walls))}", f" ({noisy} noisy)" if noisy else ""]


def loads(result, baseline, table):
    rows = []
    for name, runs in result["runs"].items():
        wall, span, noise = range_of(runs)
        speed, low, high = ratio(result["runs"][baseline], runs)
        rows.append(
            [
                name,
                wall + noise,
                span,
                f"{result['rows'] / median([run['wall'] for run in runs]):,.0f}",
                "1" if name == baseline else f"**{speed:.2f}** ({low:.2f} to {high:.2f})",
                seconds(median([run["client_cpu"] for run in runs])),
                seconds(median([run["server_cpu"] for run in runs])),
                f"{median([run['wal'] for run in runs]) / 1e6:.0f}",
            ]
        )
    head = ["way", "seconds", "range", "rows/s", "speed, paired", "client CPU s", "server CPU s", "WAL MB"]
    return table(head, rows)


def summary(results):
    found = load(results)
    parts = []
    for case in ("full_load", "orders"):
        if case in found:
            parts.append(f"{case}\n{loads(found[case], 'zcat | psql COPY', aligned)}")
    return "\n\n".join(parts)
