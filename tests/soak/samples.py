# SPDX-License-Identifier: MIT
"""What a process takes over time: samples, whether a series still rises, and its plot."""
import os
from pathlib import Path
from statistics import median

TICKS = os.sysconf("SC_CLK_TCK")


def sample(pid: int) -> dict:
    """RSS in MiB, descriptors, threads, and CPU seconds so far."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return {"rss": int(status["VmRSS"].split()[0]) / 1024, "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
            "threads": int(status["Threads"]), "cpu": (int(fields[11]) + int(fields[12])) / TICKS}


def slope(points: list) -> float:
    """Theil–Sen: the median of the slopes of all pairs, which a few outliers do not move. Of at most 200 points."""
    if len(points) > 200:
        step = len(points) / 200
        points = [points[int(number * step)] for number in range(200)]
    slopes = [(y2 - y1) / (x2 - x1) for number, (x1, y1) in enumerate(points) for x2, y2 in points[number + 1:] if x2 > x1]
    return median(slopes) if slopes else 0.0


class Trend:
    """A series after its warm-up. It rises if its slope, over the time that was watched, adds more than `share` of its
    median and more than `least`, and the median of its last quarter is above that of its first by as much."""

    def __init__(self, points: list, least: float, share: float = 0.05):
        self.points = points
        values = [y for _, y in points]
        quarter = max(1, len(values) // 4)
        self.seconds = points[-1][0] - points[0][0]
        self.slope, self.median = slope(points), median(values)
        self.first, self.last = median(values[:quarter]), median(values[-quarter:])
        self.allowed = max(least, share * self.median)
        self.rises = self.slope * self.seconds > self.allowed and self.last - self.first > self.allowed

    def __str__(self) -> str:
        return (f"median {self.median:.1f}, first quarter {self.first:.1f}, last quarter {self.last:.1f}, slope "
                f"{self.slope * 60:+.2f} a minute ({self.slope * self.seconds:+.1f} in {self.seconds:.0f} s; allowed "
                f"{self.allowed:.1f}): {'RISES' if self.rises else 'level'}")


def plot(title: str, points: list, warm_at: float) -> str:
    """An SVG line over seconds; what comes before `warm_at` is shaded."""
    wide, high, left, bottom, right, top = 760, 300, 70, 40, 20, 30
    most_x, most_y = max(x for x, _ in points) or 1, max(y for _, y in points) * 1.1 or 1

    def place(x: float, y: float) -> tuple:
        return left + x / most_x * (wide - left - right), high - bottom - y / most_y * (high - bottom - top)

    warm = place(min(warm_at, most_x), 0)[0]
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" font-family="sans-serif" font-size="12">',
           f'<rect width="{wide}" height="{high}" fill="white"/>',
           f'<rect x="{left}" y="{top}" width="{warm - left:.1f}" height="{high - bottom - top}" fill="#f6f8fa"/>',
           f'<text x="{left}" y="18">{title}</text>']
    for i in range(6):
        x, y = place(most_x * i / 5, most_y * i / 5)
        out.append(f'<line x1="{left}" x2="{wide - right}" y1="{y:.1f}" y2="{y:.1f}" stroke="#d0d7de"/>')
        out.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{most_y * i / 5:.1f}</text>')
        out.append(f'<text x="{x:.1f}" y="{high - bottom + 18}" text-anchor="middle">{most_x * i / 5:.0f} s</text>')
    out.append('<polyline fill="none" stroke="#0969da" stroke-width="1.5" points="'
               + " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points)) + '"/>')
    return "\n".join(out) + "\n</svg>\n"
