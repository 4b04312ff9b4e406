"""Plots as SVG, without any library."""
import math
from xml.sax.saxutils import escape

from programs import SEAL
from report import CURVES, TITLES

COLOURS = ("#1b6ca8", "#c8553d", "#588b4b", "#8a5a9e", "#c2952b", "#555555")
HEAD = ('<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" '
        'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>')


def _text(x, y, words, anchor="start", extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{escape(words)}</text>'


def _line(x1, y1, x2, y2, colour="#bbb", extra=""):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{extra}/>'


def bars(results):
    """A bar for each program: MB/s, with the slowest and the quickest run; dashed: the limit."""
    left, width, row, out, y = 210, 520, 18, [], 20
    for (set_, place, direction) in dict.fromkeys(key[:3] for key in results.lines):
        lines = {p: l for (s, pl, d, p), l in results.lines.items() if (s, pl, d) == (set_, place, direction)}
        cores = max((c for s, c, _ in results.primitives if s == set_), default=0)
        limit = results.limit_of(set_, cores, direction) if cores else None
        most = max([l.content / min(l.walls) for l in lines.values()] + [limit or 0])
        scale = width / most
        title = f"{TITLES[set_]}; {'in memory' if place == 'memory' else 'on disk'}; "
        out.append(_text(10, y, title + ("sealing" if direction == "seal" else "opening") + ", MB/s",
                         extra=' font-weight="bold"'))
        y += 8
        top = y
        for program, line in lines.items():
            name = program if direction == "seal" else results.facts["openers"][program]
            colour = COLOURS[0] if program.startswith(SEAL) else "#9db4c0"
            out.append(_text(left - 6, y + 13, name, "end"))
            out.append(f'<rect x="{left}" y="{y + 3}" width="{line.rate * scale:.1f}" height="12" fill="{colour}"/>')
            low, high = (line.content / t * scale + left for t in (max(line.walls), min(line.walls)))
            out.append(_line(low, y + 9, high, y + 9, "#222"))
            out.append(_text(max(high, left) + 5, y + 13, f"{line.rate / 1e6:.0f}"))
            y += row
        if limit:
            x = left + limit * scale
            out.append(_line(x, top, x, y, "#c8553d", ' stroke-dasharray="4 3"'))
            out.append(_text(x, y + 10, f"limit on {cores}: {limit / 1e6:.0f}", "middle", ' font-size="10"'))
        y += 40
    return HEAD.format(w=left + width + 90, h=y) + "\n".join(out) + "</svg>\n"


def _ticks(low, high):
    return [10.0 ** e for e in range(math.floor(low), math.ceil(high) + 1)]


def _short(value):
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= unit:
            return f"{value / unit:g}{name}"
    return f"{value:g}"


def _panel(x0, y0, title, series):
    """Both axes logarithmic: a straight line that rises by 45 degrees is a cost that is proportional."""
    w, h, out = 400, 240, [_text(x0, y0 - 10, title, extra=' font-weight="bold"')]
    xs = [math.log10(max(x, 1e-9)) for points in series.values() for x, _ in points]
    ys = [math.log10(max(y, 1e-9)) for points in series.values() for _, y in points]
    x_low, x_high = min(xs), max(max(xs), min(xs) + 0.1)
    y_low, y_high = math.floor(min(ys)), math.ceil(max(max(ys), min(ys) + 0.1))

    def place(x, y):
        return (x0 + 40 + (math.log10(max(x, 1e-9)) - x_low) / (x_high - x_low) * (w - 40),
                y0 + h - (math.log10(max(y, 1e-9)) - y_low) / (y_high - y_low) * h)

    for tick in _ticks(y_low, y_high):
        _, y = place(1, tick)
        out += [_line(x0 + 40, y, x0 + w, y, "#e4e4e4"), _text(x0 + 35, y + 4, _short(tick), "end")]
    for tick in sorted({x for points in series.values() for x, _ in points}):
        x, _ = place(tick, 1)
        out += [_line(x, y0, x, y0 + h, "#f0f0f0"), _text(x, y0 + h + 16, _short(tick), "middle")]
    for number, (name, points) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        at = [place(x, y) for x, y in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in at]
        y = y0 + h + 36 + number * 15
        out += [_line(x0 + 40, y - 4, x0 + 60, y - 4, colour, ' stroke-width="2"'), _text(x0 + 66, y, name)]
    return out


def growth(results):
    panels = []
    for curve, title, programs, column, factor, _ in CURVES:
        series = {p: [(x, y * factor) for x, y in results.growth_points(curve, p, column)] for p in programs}
        series = {p: points for p, points in series.items() if points}
        if series:
            panels.append((title, series))
    out = []
    for number, (title, series) in enumerate(panels):
        out += _panel(20 + number % 2 * 460, 40 + number // 2 * 400, title, series)
    return HEAD.format(w=920, h=(len(panels) + 1) // 2 * 400 + 20) + "\n".join(out) + "</svg>\n"
