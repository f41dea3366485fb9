#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fails when the walks of src/README.md name a function, a class or a file that src/ has no more, or when
deploy/web/README.md has an error text that the worker does not say.

Usage: names.py, or names.py --self-test
"""
import re
import sys
from pathlib import Path

import check

ROOT = Path(__file__).resolve().parents[2]
WALKS, WALKS_SECTION = "src/README.md", "## Four lives"
TEXTS, TEXTS_SECTION = "deploy/web/README.md", "### Status codes"

CODE = re.compile(r"`([^`\n]+)`")
NAME = re.compile(r"(?:[A-Za-z_]\w*::)*[A-Za-z_]\w*(?:\(\))?")
FILE = re.compile(r"[\w/]+\.(?:cpp|hpp)")


def section(page: str, heading: str) -> str:
    """From that heading to the next of its level or a higher one."""
    level = heading.split()[0]
    assert f"\n{heading}\n" in page, f"there is no section {heading!r}"
    text = page.split(f"\n{heading}\n", 1)[1]
    return re.split(rf"(?m)^#{{1,{len(level)}}} ", text, maxsplit=1)[0]


def code_of(sources: list) -> str:
    """Without comments and strings, so that no name counts that is only spoken of."""
    joined = "\n".join(sources)
    joined = re.sub(r'"(?:\\.|[^"\\\n])*"', '""', joined)
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", joined, flags=re.DOTALL)


def body(code: str, start: int) -> str:
    """Between the braces of the class that begins there; nothing for a mere declaration."""
    opening = re.compile(r"[{;]").search(code, start)
    if not opening or opening.group() == ";":
        return ""
    depth = 0
    for at in range(opening.start(), len(code)):
        depth += (code[at] == "{") - (code[at] == "}")
        if depth == 0:
            return code[opening.start():at]
    return ""


def scopes(code: str, name: str) -> list:
    """The bodies of the classes and namespaces that are called so."""
    found = re.finditer(rf"\b(?:class|struct|enum class|enum|namespace)\s+(?:[\w:]+::)?{name}\b", code)
    return [body(code, match.end()) for match in found]


def exists(code: str, name: str) -> bool:
    *scope, last = name.removesuffix("()").split("::")
    if not scope:
        return bool(scopes(code, last)) or bool(re.search(rf"\b{last}\s*(?:\(|=|;|\{{|,)", code))
    # Defined out of its class…
    if re.search(rf"\b{scope[-1]}::{last}\b", code):
        return bool(scopes(code, scope[-1]))
    # …or within it.
    return any(re.search(rf"\b{last}\b", inside) for inside in scopes(code, scope[-1]))


def unknown_names(walks: str, code: str, files: set) -> list:
    found = []
    for quoted in dict.fromkeys(CODE.findall(walks)):
        if FILE.fullmatch(quoted):
            if quoted.removeprefix("src/") not in files:
                found.append(quoted)
        elif NAME.fullmatch(quoted) and not exists(code, quoted):
            found.append(quoted)
    return found


def unsaid_texts(page: str, sources: str) -> list:
    """Of the second column of the section's tables; "…" stands for what the worker puts in."""
    sources = re.sub(r'"\s*\n\s*"', "", sources)  # literals that go on in the next line
    found = []
    for row in re.findall(r"(?m)^\| \d+ \| (.*) \|$", page):
        for text in CODE.findall(row):
            if re.match(r"[\w-]+: ", text) and text.split(":")[0] in ("Allow", "WWW-Authenticate"):
                continue
            # What the table writes out is the path, which the source puts in.
            parts = [part.strip() for part in text.split("…")]
            if not all(part.replace('"', '\\"') in sources for part in parts):
                found.append(text)
    return found


def complaints() -> list:
    paths = sorted(path for path in (ROOT / "src").rglob("*") if path.suffix in (".cpp", ".hpp"))
    sources = [path.read_text(encoding="utf-8") for path in paths]
    files = {str(path.relative_to(ROOT / "src")) for path in paths}
    walks = section((ROOT / WALKS).read_text(encoding="utf-8"), WALKS_SECTION)
    names = unknown_names(walks, code_of(sources), files)
    texts = unsaid_texts(section((ROOT / TEXTS).read_text(encoding="utf-8"), TEXTS_SECTION), "\n".join(sources))
    assert len(CODE.findall(walks)) > 50, f"{WALKS}: hardly a name in {WALKS_SECTION!r}; were the walks moved?"
    return ([f"{WALKS}, {WALKS_SECTION!r}: `{name}` is not in src/ (was it renamed or moved?)" for name in names]
            + [f"{TEXTS}, {TEXTS_SECTION!r}: the worker does not say `{text}`" for text in texts])


def self_test() -> None:
    code = code_of(["namespace xes { class Feed { public: void change(int); enum class Kind { item }; class Merge; }; }\n"
                    "// void gone();\nvoid Feed::emit() { log(\"missing()\"); }\nstruct Session::Impl { void read(); };\n"
                    "std::string make_frame(int);\nclass Known;\n"])
    for good in ("Feed", "Feed::change", "Feed::change()", "Feed::emit", "make_frame", "make_frame()", "Session::Impl::read",
                 "Known", "Feed::Kind"):
        assert unknown_names(f"x `{good}` y", code, set()) == [], good
    for bad in ("Food", "Feed::changed", "Feed::emit_all()", "Food::change", "make_frames", "gone", "missing", "Session::Impl::write",
                "Known::change"):
        assert unknown_names(f"x `{bad}` y", code, set()) == [bad], bad
    assert unknown_names("`hub/feed.hpp` `src/hub/feed.hpp` `hub/food.hpp`", code, {"hub/feed.hpp"}) == ["hub/food.hpp"]
    assert unknown_names("`event: reset` `?last=N` `[stream] linger` `access = \"user\"`", code, set()) == [], "not names"
    sources = 'fail("no service " + quote(x) + " is "\n     "here"); say("gone");'
    page = "| 404 | `no service … is here`, `gone` |\n| 404 | `no such thing`, with `Allow: GET` |\n"
    assert unsaid_texts(page, sources) == ["no such thing"]
    assert section("# A\n## B\nb\n### C\nc\n## D\nd\n", "## B") == "b\n### C\nc\n"
    print("good names pass and bad ones are found")


if __name__ == "__main__":
    sys.exit(check.main(complaints, self_test, "every name in the walks is in src/, every error text is said"))
