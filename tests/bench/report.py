# SPDX-License-Identifier: MIT
"""The table and the plot of an outcome of bench.py. By itself: report.py FILE.json prints the table again; with --short
that of deploy/capacity.md."""
import json
import sys
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

from harness.axes import Axes  # noqa: E402

ORDER = ["worker, fastcgi", "worker, scgi", "floor, fastcgi", "floor, scgi", "worker, nginx", "floor, nginx", "nchan", "prosody"]
# What the worker is compared with: (worker, other), the ratio's name.
PAIRS = [("worker, fastcgi", "floor, fastcgi"), ("worker, scgi", "floor, scgi"), ("worker, nginx", "floor, nginx"),
         ("worker, nginx", "nchan")]


def number(value: float) -> str:
    if abs(value) >= 10_000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def ratio(one: list, other: list) -> float:
    """Of neighbours in time where both were measured equally often."""
    pairs = list(zip(one, other)) if len(one) == len(other) else [(median(one), median(other))]
    return median([a / b for a, b in pairs if b] or [float("nan")])


def faulty(outcome: dict) -> bool:
    return (any(count for faults in outcome["faults"].values() for count in faults.values())
            or not all(check["holds"] for check in outcome["checks"]))


def table(outcome: dict) -> str:
    values = {(row["what"], row["streams"], row["contestant"]): row["values"] for row in outcome["results"]}
    rows = list(dict.fromkeys((row["what"], row["streams"]) for row in outcome["results"]))
    machine = outcome["machine"]
    lines = [f"{outcome['command']} on {machine['date']}: {machine['cores']} cores of {machine['cpu']}, Linux {machine['kernel']}, "
             f"{outcome['seconds']} s", "", "| figure | streams | " + " | ".join(ORDER) + " | worker : floor | worker : nchan |",
             "|---|--:|" + "--:|" * (len(ORDER) + 2)]
    for what, streams in rows:
        cells = [number(median(values[what, streams, name])) if (what, streams, name) in values else "" for name in ORDER]
        against = {"floor": [], "nchan": []}
        for worker, other in PAIRS:
            if (what, streams, worker) in values and (what, streams, other) in values:
                found = ratio(values[what, streams, worker], values[what, streams, other])
                against["nchan" if other == "nchan" else "floor"].append(f"{found:.2f}")
        lines.append(f"| {what} | {streams} | " + " | ".join(cells) + f" | {' / '.join(against['floor'])} | "
                     f"{' / '.join(against['nchan'])} |")
    lines += ["", "(worker : floor of the direct rows: FastCGI / SCGI)", ""]
    lines += [f"{'holds' if check['holds'] else 'DOES NOT HOLD'}: {check['what']}: {check['seen']}" for check in outcome["checks"]]
    lines.append("")
    for name, faults in outcome["faults"].items():
        lines.append(f"{name}: " + ", ".join(f"{count} {fault.replace('_', ' ')}" for fault, count in faults.items()))
    return "\n".join(lines)


# The table of deploy/capacity.md: (row, figure, way in).
SHORT = [("worker alone: CPU µs per delivery, events one at a time", "single: own CPU µs per delivery", "fastcgi"),
         ("the same over SCGI", "single: own CPU µs per delivery", "scgi"),
         ("worker alone: streams opened in a second", "opens/s", "fastcgi"),
         ("worker alone: its own bytes per stream", "memory: bytes per stream (own)", "fastcgi"),
         ("behind nginx: CPU µs per delivery of both, events one at a time", "single: CPU µs per delivery", "nginx"),
         ("the same, 1,000 events a second on one node", "1,000 events/s: CPU µs per delivery", "nginx"),
         ("behind nginx: deliveries a second, bursts", "saturated: deliveries/s", "nginx"),
         ("behind nginx: bytes per stream of both", "memory: bytes per stream (all)", "nginx"),
         ("behind nginx: ms until the last stream has an event, p99", "1 event/s: ms to the last stream, p99", "nginx"),
         ("behind nginx: seconds until all are back after its restart", "nginx restart: seconds until all are back", "nginx")]


def short(outcome: dict) -> str:
    """Medians, and in brackets the median of the worker's ratios to the bare loop."""
    values = {(row["what"], row["streams"], row["contestant"]): row["values"] for row in outcome["results"]}
    lines = ["| | streams | xmpp-eventsource | bare C loop | nchan | Prosody's module |", "|---|--:|--:|--:|--:|--:|"]
    for label, what, kind in SHORT:
        for streams in sorted({found[1] for found in values if found[0] == what and found[2] == f"worker, {kind}"}):
            worker, floor = (values.get((what, streams, f"{name}, {kind}")) for name in ("worker", "floor"))
            others = [values.get((what, streams, name)) if kind == "nginx" else None for name in ("nchan", "prosody")]
            share = f" ({ratio(worker, floor):.2f})" if floor and "(own)" not in what else ""
            lines.append(f"| {label} | {streams:,} | {number(median(worker))}{share}"
                         + "".join(f" | {number(median(one)) if one else ''}" for one in (floor, *others)) + " |")
    return "\n".join(lines)


def plot(outcome: dict) -> str:
    """CPU per delivery against streams, events one at a time; both axes from zero."""
    colours = ["#0969da", "#54aeff", "#57606a", "#afb8c1", "#1a7f37", "#9a6700", "#cf222e", "#8250df"]
    lines = {}
    for row in outcome["results"]:
        if row["what"] == "single: CPU µs per delivery":
            lines.setdefault(row["contestant"], []).append((row["streams"], median(row["values"])))
    axes = Axes((point for points in lines.values() for point in points), width=760, height=420, left=60, right=150, top=30, bottom=50)
    out = axes.grid("{:,.0f}")
    out.append(f'<text x="{(axes.left + axes.right) / 2}" y="{axes.height - 10}" text-anchor="middle">streams</text>')
    for name, points in lines.items():
        colour = colours[ORDER.index(name) % len(colours)]
        out.append(axes.line(sorted(points), colour, 2))
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in (axes.place(*point) for point in sorted(points))]
        at = axes.top + 20 + 20 * ORDER.index(name)
        out.append(f'<line x1="{axes.right + 14}" x2="{axes.right + 34}" y1="{at - 4}" y2="{at - 4}"'
                   f' stroke="{colour}" stroke-width="2"/>')
        out.append(f'<text x="{axes.right + 40}" y="{at}">{name}</text>')
    return axes.picture(f'CPU µs per delivered event, one event at a time ({outcome["machine"]["cpu"]})', out)


if __name__ == "__main__":
    print((short if "--short" in sys.argv else table)(json.loads(Path(sys.argv[1]).read_text())))
