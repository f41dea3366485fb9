# SPDX-License-Identifier: MIT
"""What a process takes over time: samples, whether a series still rises, and its plot."""
import os
from pathlib import Path
from statistics import median

from harness.axes import Axes

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
    axes = Axes(points, width=760, height=300, left=70, right=20, top=30, bottom=40)
    warm = axes.place(min(warm_at, axes.most_x), 0)[0]
    return axes.picture(title, [
        f'<rect x="{axes.left}" y="{axes.top}" width="{warm - axes.left:.1f}" height="{axes.bottom - axes.top}" fill="#f6f8fa"/>',
        *axes.grid("{:.0f} s"), axes.line(points, "#0969da", 1.5)])
