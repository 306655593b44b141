"""Plots as SVG, by hand: plain, and readable on light and dark ground."""
import math
from xml.sax.saxutils import escape

COLORS = ("#2f7ed8", "#d8752f", "#3fa34d", "#9a63c9")
WIDTH, LEFT, RIGHT, TOP, BOTTOM = 720, 70, 44, 44, 52
STYLE = """<style>
text { font: 13px sans-serif; fill: #333; }
.title { font-weight: bold; font-size: 15px; }
.axis { stroke: #888; stroke-width: 1; }
.grid { stroke: #888; stroke-width: 0.5; opacity: 0.4; }
@media (prefers-color-scheme: dark) { text { fill: #ddd; } }
</style>"""


def text(x, y, what, anchor="start", kind=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(what)}</text>'


def line(x1, y1, x2, y2, kind):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def page(height, title, parts):
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
    return "\n".join([head, f"<title>{escape(title)}</title>", STYLE, text(12, 24, title, kind="title"), *parts, "</svg>\n"])


def bars(title, values, form="{:,.0f}"):
    """Horizontal bars: [(name, value)]."""
    name_width, step = 230, 34
    most = max(value for _, value in values)
    parts = []
    for number, (name, value) in enumerate(values):
        y = TOP + number * step
        length = max(1.0, (WIDTH - name_width - 110) * value / most)
        color = COLORS[0] if name.startswith("loader") else COLORS[1]
        parts.append(text(name_width - 8, y + 17, name, "end"))
        parts.append(f'<rect x="{name_width}" y="{y + 2}" width="{length:.1f}" height="22" rx="2" fill="{color}"/>')
        parts.append(text(name_width + length + 8, y + 18, form.format(value)))
    return page(TOP + len(values) * step + 12, title, parts)


def ticks(low, high, log):
    if log:
        return [10.0**power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
    step = 10 ** math.floor(math.log10(high))
    step = next(step * part for part in (0.2, 0.5, 1, 2) if high / (step * part) <= 6)
    return [step * number for number in range(math.ceil(high / step) + 1)]


def short(value):
    if value >= 1:
        return f"{value:,.0f}"
    return f"{value:g}"


def lines(title, series, x_title, y_title, log=False):
    """{name: [(x, y)]}, the axes both linear or both logarithmic."""
    height = 400
    xs = [x for points in series.values() for x, _ in points]
    ys = [y for points in series.values() for _, y in points]
    x_ticks = sorted(set(xs)) if not log else ticks(min(xs), max(xs), True)
    y_ticks = ticks(min(ys), max(ys), log)
    scale = (lambda value: math.log10(value)) if log else (lambda value: value)

    def place(value, marks, begin, end):
        low, high = scale(marks[0]), scale(marks[-1])
        return begin + (scale(value) - low) / ((high - low) or 1) * (end - begin)

    at_x = lambda value: place(value, x_ticks, LEFT, WIDTH - RIGHT)
    at_y = lambda value: place(value, y_ticks, height - BOTTOM, TOP + 24)
    parts = []
    for value in y_ticks:
        parts.append(line(LEFT, at_y(value), WIDTH - RIGHT, at_y(value), "grid"))
        parts.append(text(LEFT - 8, at_y(value) + 4, short(value), "end"))
    for value in x_ticks:
        parts.append(line(at_x(value), height - BOTTOM, at_x(value), height - BOTTOM + 5, "axis"))
        parts.append(text(at_x(value), height - BOTTOM + 20, short(value), "middle"))
    parts.append(line(LEFT, height - BOTTOM, WIDTH - RIGHT, height - BOTTOM, "axis"))
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, height - 12, x_title, "middle"))
    parts.append(text(12, TOP + 8, y_title))
    for number, (name, points) in enumerate(series.items()):
        color = COLORS[number]
        path = " ".join(f"{at_x(x):.1f},{at_y(y):.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2.5"/>')
        parts += [f'<circle cx="{at_x(x):.1f}" cy="{at_y(y):.1f}" r="4" fill="{color}"/>' for x, y in points]
        parts.append(f'<rect x="{LEFT + 110 + number * 170}" y="{TOP - 2}" width="12" height="12" fill="{color}"/>')
        parts.append(text(LEFT + 128 + number * 170, TOP + 9, name))
    return page(height, title, parts)
