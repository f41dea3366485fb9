# SPDX-License-Identifier: MIT
"""README's tables and examples, for scenarios that follow them."""
import re

from .worker import ROOT


def _text() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def examples(language: str) -> list:
    """The code blocks in that language."""
    found = re.findall(rf"(?ms)^```{language}\n(.*?)^```$", _text())
    assert found, f"README has no example in {language}"
    return found


def _cells(line: str) -> list:
    return [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]


def table(*header: str) -> list:
    """The rows below that header, each a dict by the header's cells; fails where README has no such table, or two."""
    lines = _text().splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("|") and _cells(line) == list(header)]
    assert len(starts) == 1, f"README has {len(starts)} tables {header}"
    rows = []
    for line in lines[starts[0] + 2:]:
        if not line.startswith("|"):
            break
        cells = _cells(line)
        assert len(cells) == len(header), f"README: {line}"
        rows.append(dict(zip(header, cells)))
    assert rows, f"README's table {header} is empty"
    return rows
