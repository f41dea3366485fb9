# SPDX-License-Identifier: MIT
"""Tables and examples of the project's pages, for scenarios that follow them."""
import re

from .worker import ROOT

OPERATORS = "deploy/README.md"


def examples(page: str, language: str) -> list:
    """The code blocks of the page in that language."""
    found = re.findall(rf"(?ms)^```{language}\n(.*?)^```$", (ROOT / page).read_text(encoding="utf-8"))
    assert found, f"{page} has no example in {language}"
    return found


def _cells(line: str) -> list:
    return [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]


def table(page: str, *header: str) -> list:
    """The rows below that header, each a dict by the header's cells; fails where the page has no such table, or two."""
    lines = (ROOT / page).read_text(encoding="utf-8").splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("|") and _cells(line) == list(header)]
    assert len(starts) == 1, f"{page} has {len(starts)} tables {header}"
    rows = []
    for line in lines[starts[0] + 2:]:
        if not line.startswith("|"):
            break
        cells = _cells(line)
        assert len(cells) == len(header), f"{page}: {line}"
        rows.append(dict(zip(header, cells)))
    assert rows, f"{page}: the table {header} is empty"
    return rows
