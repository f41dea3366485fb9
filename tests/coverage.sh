#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/coverage.sh
# How much of src/ the unit tests of C++ run: a line for every folder, and the whole; build/coverage/report/index.html shows
# each line. Needs what `deploy/install.sh build unit coverage` installs. The end-to-end tests run more; they do not count here.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

cmake --preset coverage >/dev/null
cmake --build --preset coverage -j "$(nproc)"
find build/coverage -name '*.gcda' -delete # an earlier run's
ctest --preset coverage -j "$(nproc)" --quiet

mkdir -p build/coverage/report
# Branches that only an exception takes are the compiler's, nearly all of them: they say nothing.
gcovr --root . --filter src/ --exclude-throw-branches --exclude-unreachable-branches build/coverage \
  --json-summary build/coverage/report/summary.json --html-details build/coverage/report/index.html >/dev/null
python3 - build/coverage/report/summary.json <<'END'
import json
import sys
from collections import Counter

summary = json.load(open(sys.argv[1], encoding="utf-8"))
lines, covered = Counter(), Counter()
for file in summary["files"]:
    folder = "/".join(file["filename"].split("/")[:2]) if file["filename"].count("/") > 1 else "src"
    lines[folder] += file["line_total"]
    covered[folder] += file["line_covered"]
for folder in sorted(lines):
    print(f"{folder:14} {covered[folder]:6} of {lines[folder]:6} lines  {covered[folder] / max(1, lines[folder]):6.1%}")
print(f"{'all':14} {summary['line_covered']:6} of {summary['line_total']:6} lines  "
      f"{summary['line_covered'] / summary['line_total']:6.1%}, {summary['branch_percent']:.1f} % of the branches")
END
