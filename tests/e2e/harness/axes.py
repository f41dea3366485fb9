# SPDX-License-Identifier: MIT
"""An SVG picture of lines over two axes that begin at zero."""


class Axes:
    def __init__(self, points, *, width: int, height: int, left: int, right: int, top: int, bottom: int):
        """`points` are all that are to have room; the margins are in pixels."""
        points = list(points)
        self.width, self.height = width, height
        self.left, self.right, self.top, self.bottom = left, width - right, top, height - bottom  # of what is within the axes
        self.most_x = max((x for x, _ in points), default=1) or 1
        self.most_y = max((y for _, y in points), default=1) * 1.1 or 1

    def place(self, x: float, y: float) -> tuple:
        return (self.left + x / self.most_x * (self.right - self.left),
                self.bottom - y / self.most_y * (self.bottom - self.top))

    def grid(self, on_x: str) -> list:
        """The numbers along both axes; `on_x` is the format of the lower one's."""
        out = []
        for i in range(6):
            x, y = self.most_x * i / 5, self.most_y * i / 5
            across, down = self.place(x, y)
            out += [f'<line x1="{self.left}" x2="{self.right}" y1="{down:.1f}" y2="{down:.1f}" stroke="#d0d7de"/>',
                    f'<text x="{self.left - 6}" y="{down + 4:.1f}" text-anchor="end">{y:.1f}</text>',
                    f'<text x="{across:.1f}" y="{self.bottom + 18}" text-anchor="middle">{on_x.format(x)}</text>']
        return out

    def line(self, points, colour: str, thick: float) -> str:
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in (self.place(*point) for point in points))
        return f'<polyline fill="none" stroke="{colour}" stroke-width="{thick}" points="{places}"/>'

    def picture(self, title: str, parts: list) -> str:
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" font-family="sans-serif"'
            ' font-size="12">',
            f'<rect width="{self.width}" height="{self.height}" fill="white"/>',
            *parts, f'<text x="{self.left}" y="18">{title}</text>', "</svg>\n"])
