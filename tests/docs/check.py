# SPDX-License-Identifier: MIT
"""What a check of the tree is as a program: complaints, one a line; with --self-test it shows that it finds bad things."""
import sys


def main(complaints, self_test, good: str) -> int:
    if "--self-test" in sys.argv:
        self_test()
        return 0
    found = complaints()
    print("\n".join(found) or good)
    return 1 if found else 0
