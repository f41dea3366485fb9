# SPDX-License-Identifier: MIT
"""What one page should have been told, and what is wrong with what it was told.

A page starts its list anew at a `reset`: what follows is a snapshot of what is stored, and what comes after it. So each
stretch between resets is judged by itself, and what must be complete in the end is the last one.
"""
from dataclasses import dataclass, field

AT_MOST = 16384  # items that ?last=N is answered with (gateway/request.hpp)


@dataclass
class Verdict:
    lost: list = field(default_factory=list)        # "item number", stored and never told
    duplicated: list = field(default_factory=list)  # told twice
    disordered: list = field(default_factory=list)  # told after a newer one
    untold: list = field(default_factory=list)      # a gap that no reset announced
    strange: list = field(default_factory=list)     # never published, or unreadable
    resets: int = 0

    def good(self) -> bool:
        return not (self.lost or self.duplicated or self.disordered or self.untold or self.strange)


def stretches(told) -> list:
    """Lists of (item, number), cut at resets."""
    found = [[]]
    for one in told:
        if one.what == "reset":
            found.append([])
        elif one.what == "item":
            found[-1].append((one.item, one.number))
    return found


def judge(node, truth, told, from_start: bool = True) -> Verdict:
    """`truth`: [(item, number)] stored in the end. `node`: feed.Numbered, which knows what the server itself forgot.
    `from_start`: the page was open before the first publish."""
    verdict = Verdict()
    verdict.strange = [one.text for one in told if one.what == "garbled"]
    verdict.resets = sum(1 for one in told if one.what == "reset")
    known = node.stored | node.unsure
    gone_wrong = set(node.returned)
    if node.unique and len(truth) > node.max_items:
        gone_wrong |= set(sorted(truth, key=lambda one: one[1])[:-node.max_items])
    every = stretches(told)
    for index, stretch in enumerate(every):
        _judge_stretch(node, stretch, known, gone_wrong, 0 if from_start and index == 0 else None, verdict)
    last = every[-1]
    had = set(last)
    if not from_start and len(every) == 1 and node.unique and last:
        # ?last=N is answered with so many at most: what is older was not asked for.
        oldest = max(number for _, number in truth[:max(1, len(truth) - AT_MOST + 1)])
        truth = [one for one in truth if one[1] >= min(last[0][1], oldest)]
    verdict.lost = [f"{item} {number}" for item, number in truth if (item, number) not in had]
    return verdict


def _judge_stretch(node, stretch, known, gone_wrong, before, verdict) -> None:
    """`before`: the number that the page is known to stand at, if it is known. `gone_wrong`: (item, number) that a killed
    server went back to, or keeps beyond its own limit: they say nothing about what came before or after them.
    """
    seen, newest = set(), {}
    for item, number in stretch:
        name = f"{item} {number}"
        if (item, number) in gone_wrong:
            before = None
            continue
        if number not in known or node.item_of(number) != item:
            verdict.strange.append(name)
        if (item, number) in seen:
            verdict.duplicated.append(name)
        seen.add((item, number))
        if number < newest.get(item, 0):
            verdict.disordered.append(f"{name} after {newest[item]}")
        newest[item] = number
        if not node.unique:
            continue
        if before is not None and number < before:
            verdict.disordered.append(f"{name} after {before}")
        if before is not None:
            verdict.untold += [f"i{one}" for one in range(before + 1, number)
                               if one in node.stored and (f"i{one}", one) not in node.forgotten
                               and (f"i{one}", one) not in seen | gone_wrong]
        before = max(number, before or 0)


def brief(names: list) -> str:
    """Names of the form "i7 7" as ranges where they follow each other."""
    found = []
    for name in names:
        digits = name.split()[0].lstrip("i")
        number = int(digits) if name.startswith("i") and digits.isdigit() and " after" not in name else None
        if number is not None and found and found[-1][2] == number - 1:
            found[-1][1:] = [f"-{name.split()[0]}", number]
        else:
            found.append([name, "", number])
    return ", ".join(first + last for first, last, _ in found[:12]) + (" …" if len(found) > 12 else "")


def describe(told, about: str = "", count: int = 50) -> str:
    """The last words to a page; or, `about` being "item number", those around its neighbours in the order."""
    told = list(told)
    if about:
        number = int(about.split()[1]) if " " in about else int(about[1:])
        near = [i for i, one in enumerate(told) if one.what == "item" and abs(one.number - number) <= 3]
        if near:
            told = told[max(0, near[-1] - count // 2):near[-1] + count // 2]
    return "\n".join(f"    {one.at:10.2f} {one.what:8} {one.item} {one.number or ''} {one.text}" for one in told[-count:])
