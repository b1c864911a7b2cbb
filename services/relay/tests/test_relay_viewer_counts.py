"""The headless viewer's counter: units and losses, in any order of packets."""

import random

from huiyan_testing.unit_counter import UnitCounter


def packets(units: int, each: int, first: int = 65_500) -> list[tuple[int, bool]]:
    count = units * each
    return [((first + at) & 0xFFFF, at % each == each - 1) for at in range(count)]


def test_units_in_order_and_over_the_wrap() -> None:
    counter = UnitCounter()
    for sequence, marker in packets(200, 3):
        counter.add(sequence, marker, 100)
    assert (counter.units, counter.lost, counter.bytes) == (200, 0, 60_000)


def test_late_packets_complete_their_units() -> None:
    ordered = packets(100, 4)
    shuffled = [ordered[0]]
    for start in range(1, len(ordered), 16):
        block = ordered[start : start + 16]
        random.Random(start).shuffle(block)
        shuffled += block
    counter = UnitCounter()
    for sequence, marker in shuffled:
        counter.add(sequence, marker, 1)
    assert (counter.units, counter.lost) == (100, 0)


def test_losses_and_duplicates() -> None:
    counter = UnitCounter()
    for at, (sequence, marker) in enumerate(packets(10_000, 2)):
        if at % 100 != 50:
            counter.add(sequence, marker, 1)
            counter.add(sequence, marker, 1)
    assert counter.lost == 200
    assert counter.units == 10_000 - 200
