#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fails when a file in src/ includes upwards or sideways, or when a foreign library leaks out of its one wrapper.

Usage: floors.py SRC_FOLDER, or floors.py --self-test
"""
import re
import sys
import tempfile
from pathlib import Path

FLOORS = {"base": 0, "wire": 1, "hub": 2, "xmpp": 3, "gateway": 3, "app": 4}
# Each is included by one file in one floor and by nobody else.
WRAPPED = {"strophe.h": "xmpp", "fcgiapp.h": "gateway"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def included(text: str) -> list[tuple[int, str]]:
    """(line, header) of every include."""
    return [(text.count("\n", 0, match.start(2)) + 1, match.group(2)) for match in INCLUDE.finditer(text)]


def complaints(source: Path) -> list[str]:
    found, users = [], {header: set() for header in WRAPPED}
    files = sorted(path for path in source.rglob("*") if path.suffix in (".cpp", ".hpp", ".h", ".cc", ".c"))
    if not files:
        found.append(f"{source}: no source files")
    for path in files:
        inside = path.relative_to(source)
        floor = inside.parts[0] if len(inside.parts) > 1 else None
        if floor is None and inside.name != "main.cpp":
            found.append(f"{inside}: only main.cpp stands outside of the floors")
            continue
        if floor is not None and floor not in FLOORS:
            found.append(f"{inside}: {floor} is no floor; there are {', '.join(FLOORS)}")
            continue
        for line, header in included(path.read_text(encoding="utf-8")):
            if header in WRAPPED:
                users[header].add(str(inside))
                if floor != WRAPPED[header]:
                    found.append(f"{inside}:{line}: {header} belongs in src/{WRAPPED[header]}/ alone")
            found += [f"{inside}:{line}: {why}" for why in faults_of(source, path, floor, header)]
    for header, names in users.items():
        if len(names) != 1:
            found.append(f"{header} must be included by exactly one file, not by {len(names)}: {', '.join(sorted(names))}")
    return found


def faults_of(source: Path, path: Path, floor: str | None, header: str) -> list[str]:
    if ".." in Path(header).parts:
        return [f'"{header}": name headers from src/ on, without ".."']
    target = header.split("/")[0] if "/" in header and (source / header).exists() else None
    if target is None and (path.parent / header).exists():
        target = floor
    if target not in FLOORS or target == floor:
        return []
    if floor is None:
        return [] if target in ("app", "base") else [f'main.cpp talks to app (and base) only, not to "{header}"']
    if FLOORS[target] > FLOORS[floor]:
        return [f'"{header}" is on a higher floor ({target} {FLOORS[target]}, {floor} {FLOORS[floor]})']
    if FLOORS[target] == FLOORS[floor]:
        return [f'"{header}" is a sibling on the same floor: {floor} and {target} never meet']
    return []


GOOD = {
    "main.cpp": '#include "app/application.hpp"\n',
    "app/application.hpp": '#include "gateway/fastcgi.hpp"\n#include "xmpp/session.hpp"\n',
    "gateway/fastcgi.hpp": '#include "wire/url.hpp"\n', "gateway/fastcgi.cpp": "#include <fcgiapp.h>\n",
    "xmpp/session.hpp": '#include "hub/node.hpp"\n', "xmpp/session.cpp": "extern \"C\" {\n#  include <strophe.h>\n}\n",
    "hub/node.hpp": '#include "base/error.hpp"\n#include "hub/event.hpp"\n#include <boost/wire/made_up.hpp>\n',
    "hub/event.hpp": "", "wire/url.hpp": "#include <string>\n", "base/error.hpp": "",
}
BAD = {
    "upwards": {"wire/url.hpp": '#include "hub/node.hpp"\n'},
    "sideways": {"gateway/fastcgi.hpp": '#include "xmpp/session.hpp"\n'},
    "sideways the other way": {"xmpp/session.hpp": '  #  include   "gateway/fastcgi.hpp"\n'},
    "base knows of app": {"base/error.hpp": '#include "app/application.hpp"\n'},
    "round the corner": {"wire/url.hpp": '#include "../hub/node.hpp"\n'},
    "two wrappers": {"xmpp/other.cpp": "#include <strophe.h>\n"},
    "wrapper on another floor": {"gateway/fastcgi.cpp": "", "app/application.hpp": "#include <fcgiapp.h>\n"},
    "no wrapper": {"gateway/fastcgi.cpp": ""},
    "main reaches past app": {"main.cpp": '#include "hub/node.hpp"\n'},
    "a floor nobody knows": {"utils/text.hpp": ""},
    "a file outside of the floors": {"extra.cpp": ""},
    "nothing there": None,
}


def self_test() -> int:
    def complaints_of(files: dict) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return complaints(Path(folder))
    wrong = [f"the good tree: {complaint}" for complaint in complaints_of(GOOD)]
    for what, change in BAD.items():
        found = complaints_of({} if change is None else {**GOOD, **change})
        print(f"{what}: {found[0] if found else 'MISSED'}")
        if not found:
            wrong.append(f"missed: {what}")
    print("\n".join(wrong) or "all bad trees found, the good one let through")
    return 1 if wrong else 0


def main() -> int:
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    found = complaints(Path(sys.argv[1]))
    print("\n".join(found) or "every include goes down")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
