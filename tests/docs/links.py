#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fails when a page links to a file or a heading that is not there, or when README.md has outgrown 8 KB.

Usage: links.py, or links.py --self-test
"""
import re
import sys
from pathlib import Path

import check

ROOT = Path(__file__).resolve().parents[2]
README_BYTES = 8192
# Built, installed or made by a run: not ours to read.
PASSED_OVER = {"build", "node_modules", ".git", "state", "Testing"}

LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"(?ms)^```.*?^```$")


def anchors(text: str) -> set:
    """As GitHub makes them of headings."""
    found = set()
    for heading in re.findall(r"(?m)^#+ (.*)$", FENCED.sub("", text)):
        anchor = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        found.add(next(name for name in (anchor if n == 0 else f"{anchor}-{n}" for n in range(99)) if name not in found))
    return found


def broken(page: str, text: str, read) -> list:
    """`read(path)`: the text of a file of the project, "" of a folder, None where there is nothing."""
    found = []
    for target in LINK.findall(FENCED.sub("", text)):
        if re.match(r"\w+:", target):
            continue
        path, _, anchor = target.partition("#")
        whole = Path(page).parent / path if path else Path(page)
        parts = []
        for part in whole.parts:
            parts = parts[:-1] if part == ".." else parts + [part]
        there = text if not path else read("/".join(parts))
        if there is None:
            found.append(f"{page}: there is no {target}")
        elif anchor and anchor not in anchors(there):
            found.append(f"{page}: {path or 'this page'} has no heading for #{anchor}")
    return found


def read(path: str):
    file = ROOT / path
    return "" if file.is_dir() else file.read_text(encoding="utf-8", errors="replace") if file.is_file() else None


def complaints() -> list:
    found = []
    pages = [path for path in sorted(ROOT.rglob("*.md")) if not PASSED_OVER & set(path.relative_to(ROOT).parts)]
    assert ROOT / "README.md" in pages
    for path in pages:
        page = str(path.relative_to(ROOT))
        found += broken(page, path.read_text(encoding="utf-8"), read)
    bytes_now = (ROOT / "README.md").stat().st_size
    if bytes_now > README_BYTES:
        found.append(f"README.md has {bytes_now} bytes, at most {README_BYTES} are meant to be read: move something to its reader's page")
    return found


def self_test() -> None:
    files = {"a/b.md": "# One\n## Two `x = y`\n## Two `x = y`\n", "a": "", "c.md": ""}
    good = "[x](a/b.md) [y](a/b.md#two-x--y-1) [z](a) [w](https://example.org/q) [v](#here)\n# Here\n```\n[no](link)\n```\n"
    assert broken("p.md", good, files.get) == []
    assert broken("a/q.md", "[x](../c.md) [y](b.md)", files.get) == []
    bad = broken("p.md", "[x](a/z.md) [y](a/b.md#three) [z](#nowhere)", files.get)
    assert len(bad) == 3 and all(line.startswith("p.md: ") for line in bad), bad
    print("good links pass and broken ones are found")


if __name__ == "__main__":
    sys.exit(check.main(complaints, self_test, "every link leads somewhere"))
