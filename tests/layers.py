#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fails when a file in src/ includes upwards or sideways, when a class makes one of another folder its friend, or when a
foreign library leaks out of its one wrapper.

Usage: layers.py SRC_FOLDER, or layers.py --self-test
"""
import re
import sys
import tempfile
from pathlib import Path

# What a folder's files may include, besides their own folder. A new folder gets its row here.
BELOW = {
    "base": (),
    "wire": ("base",),
    "hub": ("base", "wire"),
    "xmpp/xml": ("base", "wire"),
    "xmpp/session": ("base", "wire", "xmpp/xml"),
    "xmpp/pubsub": ("base", "wire", "hub", "xmpp/xml", "xmpp/session"),
    "xmpp/muc": ("base", "wire", "hub", "xmpp/xml", "xmpp/session"),
    "xmpp": ("base", "wire", "hub", "xmpp/xml", "xmpp/session", "xmpp/pubsub", "xmpp/muc"),
    "gateway": ("base", "wire", "hub"),
    "app": ("base", "wire", "hub", "xmpp", "gateway"),
    "": ("base", "app"),  # main.cpp
}
# Each is included by one file in one folder and by nobody else.
WRAPPED = {"expat.h": "wire", "strophe.h": "xmpp/session", "fcgiapp.h": "gateway"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
FRIEND = re.compile(r"\bfriend\s+(?:class\s+|struct\s+)?((?:::)?\w+(?:::\w+)*)\s*;")
DEFINITION = re.compile(r"\b(?:class|struct)\s+(?:\[\[[^\]]*\]\]\s*|alignas\([^)]*\)\s*)*((?:\w+::)*\w+)\s*(?:final\s*)?(?=[:{])")
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


def folder_of(inside: Path) -> str:
    return inside.parent.as_posix().removeprefix(".")


def line_of(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def without_comments(text: str) -> str:
    return COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text)


def complaints(source: Path) -> list[str]:
    found, users, defined, friends = [], {header: set() for header in WRAPPED}, {}, []
    files = sorted(path for path in source.rglob("*") if path.suffix in (".cpp", ".hpp", ".h", ".cc", ".c"))
    if not files:
        found.append(f"{source}: no source files")
    for path in files:
        inside = path.relative_to(source)
        folder = folder_of(inside)
        if folder == "" and inside.name != "main.cpp":
            found.append(f"{inside}: only main.cpp stands outside of the layers")
            continue
        if folder not in BELOW:
            found.append(f"{inside}: {folder} is not a layer; there are {', '.join(filter(None, BELOW))}")
            continue
        text = path.read_text(encoding="utf-8")
        for match in INCLUDE.finditer(text):
            header, where = match[2], f"{inside}:{line_of(text, match.start(2))}"
            if header in WRAPPED:
                users[header].add(str(inside))
                if folder != WRAPPED[header]:
                    found.append(f"{where}: {header} belongs in src/{WRAPPED[header]}/ alone")
            found += [f"{where}: {why}" for why in faults_of(source, path, folder, header)]
        code = without_comments(text)
        for match in DEFINITION.finditer(code):
            defined.setdefault(match[1].split("::")[-1], set()).add(folder)
        friends += [(f"{inside}:{line_of(code, match.start())}", folder, match[1].split("::")[-1])
                    for match in FRIEND.finditer(code)]
    for header, names in users.items():
        if len(names) != 1:
            found.append(f"{header} must be included by exactly one file, not by {len(names)}: {', '.join(sorted(names))}")
    for where, folder, name in friends:
        if folder not in defined.get(name, {folder}):
            found.append(f"{where}: {name} is of {' and '.join(sorted(defined[name]))}: no friends across folders")
    return found


def faults_of(source: Path, path: Path, folder: str, header: str) -> list[str]:
    if ".." in Path(header).parts:
        return [f'"{header}": name headers from src/ on, without ".."']
    if "/" in header and (source / header).exists():
        target = folder_of(Path(header))
    elif (path.parent / header).exists():
        target = folder_of((path.parent / header).relative_to(source))
    else:
        return []
    if target == folder or target in BELOW[folder]:
        return []
    if folder == "":
        return [f'main.cpp talks to app (and base) only, not to "{header}"']
    way = "above" if folder in BELOW.get(target, ()) else "not below"
    return [f'"{header}": {target} is {way} {folder}, which may include {", ".join(BELOW[folder]) or "its own folder only"}']


GOOD = {
    "main.cpp": '#include "app/application.hpp"\n',
    "app/application.hpp": '#include "gateway/fastcgi.hpp"\n#include "xmpp/subscriber.hpp"\n',
    "gateway/fastcgi.hpp": '#include "wire/url.hpp"\n', "gateway/fastcgi.cpp": "#include <fcgiapp.h>\n",
    "xmpp/subscriber.hpp": '#include "xmpp/muc/room.hpp"\n#include "xmpp/pubsub/items.hpp"\n',
    "xmpp/pubsub/items.hpp": '#include "hub/node.hpp"\n#include "xmpp/session/session.hpp"\n',
    "xmpp/muc/room.hpp": '#include "xmpp/session/session.hpp"\n',
    "xmpp/session/session.hpp": '#include "xmpp/xml/element.hpp"\nclass Session {\n  friend struct Impl;\n};\n',
    "xmpp/session/session.cpp": "extern \"C\" {\n#  include <strophe.h>\n}\nstruct Session::Impl {};\n",
    "xmpp/xml/element.hpp": '#include "wire/url.hpp"\n',
    "hub/node.hpp": '#include "base/error.hpp"\n#include "hub/event.hpp"\n#include <boost/wire/made_up.hpp>\nclass Node final {};\n',
    "hub/event.hpp": "// friend class Session;\nclass Session;\nclass Event {\n  friend class Node;\n  friend class Elsewhere;\n};\n",
    "wire/url.hpp": "#include <string>\n", "wire/parser.cpp": "#include <expat.h>\n", "base/error.hpp": "",
}
BAD = {
    "upwards": {"wire/url.hpp": '#include "hub/node.hpp"\n'},
    "sideways": {"gateway/fastcgi.hpp": '#include "xmpp/subscriber.hpp"\n'},
    "sideways the other way": {"xmpp/subscriber.hpp": '  #  include   "gateway/fastcgi.hpp"\n'},
    "sideways into a sub-folder": {"gateway/fastcgi.hpp": '#include "xmpp/session/session.hpp"\n'},
    "sideways out of a sub-folder": {"xmpp/pubsub/items.hpp": '#include "gateway/fastcgi.hpp"\n'},
    "pubsub knows of rooms": {"xmpp/pubsub/items.hpp": '#include "xmpp/muc/room.hpp"\n'},
    "rooms know of pubsub": {"xmpp/muc/room.hpp": '#include "xmpp/pubsub/items.hpp"\n'},
    "a session knows of pubsub": {"xmpp/session/session.hpp": '#include "xmpp/pubsub/items.hpp"\n'},
    "a session knows of the hub": {"xmpp/session/session.hpp": '#include "hub/node.hpp"\n'},
    "XML knows of sessions": {"xmpp/xml/element.hpp": '#include "xmpp/session/session.hpp"\n'},
    "XML knows of the hub": {"xmpp/xml/element.hpp": '#include "hub/node.hpp"\n'},
    "pubsub knows of what stands above it": {"xmpp/pubsub/items.hpp": '#include "xmpp/subscriber.hpp"\n'},
    "app reaches past the top of xmpp": {"app/application.hpp": '#include "xmpp/session/session.hpp"\n'},
    "a friend in another layer": {"wire/url.hpp": "class Url {\n  friend class Node;\n};\n"},
    "a friend in another sub-folder": {"xmpp/xml/element.hpp": "class Element {\n  friend struct xes::Session;\n};\n"},
    "a friend without its key": {"xmpp/subscriber.hpp": "class Subscriber { friend Session; };\n"},
    "base knows of app": {"base/error.hpp": '#include "app/application.hpp"\n'},
    "round the corner": {"wire/url.hpp": '#include "../hub/node.hpp"\n'},
    "two wrappers of expat": {"wire/other.cpp": "#include <expat.h>\n"},
    "a wrapper of expat in xmpp": {"wire/parser.cpp": "", "xmpp/xml/parser.cpp": "#include <expat.h>\n"},
    "two wrappers": {"xmpp/session/other.cpp": "#include <strophe.h>\n"},
    "wrapper in another layer": {"gateway/fastcgi.cpp": "", "app/application.hpp": "#include <fcgiapp.h>\n"},
    "wrapper in another sub-folder": {"xmpp/session/session.cpp": "", "xmpp/xml/element.cpp": "#include <strophe.h>\n"},
    "no wrapper": {"gateway/fastcgi.cpp": ""},
    "main reaches past app": {"main.cpp": '#include "hub/node.hpp"\n'},
    "a layer nobody knows": {"utils/text.hpp": ""},
    "a sub-folder nobody knows": {"xmpp/helpers/text.hpp": ""},
    "a file outside of the layers": {"extra.cpp": ""},
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
    print("\n".join(found) or "every include goes down, every friend is of its own folder")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
