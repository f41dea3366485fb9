# SPDX-License-Identifier: MIT
"""The judge of tests/chaos.sh must find what is wrong, and nothing where all is well."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE)]

from feed import Numbered  # noqa: E402
from page import Told  # noqa: E402
from verdict import brief, judge  # noqa: E402


def told(*numbers, node=None) -> list:
    """Numbers as items, 0 as a reset."""
    return [Told(0, "item", (node or Numbered("log")).item_of(one), one) if one else Told(0, "reset") for one in numbers]


def log(*numbers, max_items=10000) -> Numbered:
    return Numbered("log", max_items=max_items, stored=set(numbers))


def truth(*numbers) -> list:
    return [(f"i{one}", one) for one in numbers]


def test_everything_once_and_in_order_is_good():
    assert judge(log(1, 2, 3), truth(1, 2, 3), told(1, 2, 3)).good()


def test_what_is_stored_and_was_not_told_is_lost():
    assert judge(log(1, 2, 3), truth(1, 2, 3), told(1, 2)).lost == ["i3 3"]


def test_twice_is_duplicated_unless_a_reset_came_between():
    assert judge(log(1, 2), truth(1, 2), told(1, 2, 2)).duplicated == ["i2 2"]
    assert judge(log(1, 2), truth(1, 2), told(1, 2, 0, 1, 2)).good()


def test_after_a_reset_the_whole_store_must_come():
    assert judge(log(1, 2), truth(1, 2), told(1, 2, 0, 2)).lost == ["i1 1"]


def test_older_after_newer_is_out_of_order():
    assert judge(log(1, 2, 3), truth(1, 2, 3), told(1, 3, 2)).disordered == ["i2 2 after 3"]


def test_a_gap_must_be_told_even_where_the_items_are_gone():
    node = log(1, 2, 3, 4, max_items=2)
    assert judge(node, truth(3, 4), told(1, 3, 4)).untold == ["i2"]
    assert judge(node, truth(3, 4), told(1, 0, 3, 4)).good()
    assert judge(node, truth(3, 4), told(3, 4)).untold == ["i1", "i2"]
    assert judge(node, truth(3, 4), told(3, 4), from_start=False).good()


def test_versions_of_one_item_may_be_skipped_but_not_go_back():
    node = Numbered("current", items=("current",), stored={1, 2, 3})
    assert judge(node, [("current", 3)], told(1, 3, node=node)).good()
    assert judge(node, [("current", 3)], told(1, 3, 2, node=node)).disordered == ["current 2 after 3"]
    assert judge(node, [("current", 3)], told(1, 2, node=node)).lost == ["current 3"]


def test_what_nobody_published_is_strange():
    assert judge(log(1), truth(1), told(1, 9)).strange == ["i9 9"]


def test_what_the_server_itself_forgot_or_went_back_to_is_excused():
    node = log(1, 2, 3)
    node.forgotten, node.returned = {("i2", 2)}, {("i1", 1)}
    assert judge(node, truth(1, 3), told(1, 3, 1)).good()


def test_a_latecomer_that_asked_for_what_is_stored_misses_nothing_after_its_first_item():
    assert judge(log(1, 2, 3, 4), truth(1, 2, 3, 4), told(1, 2, 4), from_start=False).lost == ["i3 3"]


def test_names_in_a_row_are_told_as_a_range():
    assert brief(["i1 1", "i2 2", "i3 3", "i7 7"]) == "i1 1-i3, i7 7"
