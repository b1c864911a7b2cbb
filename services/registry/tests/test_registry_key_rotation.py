"""Grant keys change without a gap: known before they sign, forgotten after their last token."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from huiyan.registry.v1.access_pb2 import SigningKey
from huiyan_kit.bus.local import LocalBus
from huiyan_kit.grants import LIFE_S
from huiyan_registry.grant.keys import SigningKeys, rotate_keys

TOWN = "510799101000"


async def _known(bus, *kids):
    held = {}
    for kid in kids:
        entry = await bus.key_value("signing_keys").get(f"{TOWN}.{kid}")
        held[kid] = None if entry is None else SigningKey.FromString(entry.value)
    return held


async def test_a_key_lives_a_week_and_leaves_no_gap(tmp_path, world_clock):
    bus, clock = LocalBus(), world_clock
    keys = SigningKeys(tmp_path, [TOWN], clock)
    await keys.turn(bus)
    first = keys.of(TOWN).kid
    clock.later(days=7, minutes=-11)
    await keys.turn(bus)
    assert not (tmp_path / f"signing-{TOWN}.next.pem").exists()
    clock.later(minutes=2)
    await keys.turn(bus)
    assert keys.of(TOWN).kid == first, "the new key is known, and does not sign yet"
    comes = json.loads((tmp_path / f"signing-{TOWN}.ring.json").read_text())
    assert comes["published_ns"] is not None
    clock.later(minutes=9, seconds=50)
    await keys.turn(bus)
    assert keys.of(TOWN).kid == first
    clock.later(seconds=11)
    await keys.turn(bus)
    second = keys.of(TOWN).kid
    assert second != first and not (tmp_path / f"signing-{TOWN}.next.pem").exists()
    known = await _known(bus, first, second)
    left_s = (known[first].not_after_ns - clock.utc_ns()) / 1e9
    assert left_s > LIFE_S and known[second] is not None
    clock.later(seconds=LIFE_S + 1)
    await keys.turn(bus)
    assert (await _known(bus, first))[first] is not None, "a slow process may have signed with it"
    clock.later(minutes=11)
    await keys.turn(bus)
    assert (await _known(bus, first, second))[first] is None
    assert SigningKeys(tmp_path, [TOWN], clock).of(TOWN).kid == second


async def test_a_key_is_not_used_before_the_bus_took_it(tmp_path, world_clock):
    keys = SigningKeys(tmp_path, [TOWN], world_clock)
    first = keys.of(TOWN).kid
    made = rotate_keys(tmp_path, [TOWN], world_clock)
    assert made[0]["signs"] == first and made[0]["next"] != first
    for ring in keys._rings.values():
        world_clock.later(hours=5)
        ring.turn(world_clock.utc_ns())
    assert keys.of(TOWN).kid == first
    bus = LocalBus()
    await keys.turn(bus)
    world_clock.later(minutes=10, seconds=1)
    await keys.turn(bus)
    assert keys.of(TOWN).kid == made[0]["next"]


async def test_processes_of_one_folder_agree(tmp_path, world_clock):
    bus = LocalBus()
    rings = [SigningKeys(tmp_path, [TOWN], world_clock) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: rotate_keys(tmp_path, [TOWN], world_clock), range(8)))
    assert len({one[0]["next"] for one in made}) == 1
    for keys in rings:
        await keys.turn(bus)
    world_clock.later(minutes=11)
    for keys in rings:
        await keys.turn(bus)
    assert {keys.of(TOWN).kid for keys in rings} == {made[0][0]["next"]}
    modes = {path.stat().st_mode & 0o777 for path in tmp_path.glob("*.pem")}
    assert modes == {0o600}


async def test_a_crash_in_the_middle_loses_no_old_key(tmp_path, world_clock, monkeypatch):
    bus = LocalBus()
    keys = SigningKeys(tmp_path, [TOWN], world_clock)
    first, comes = keys.of(TOWN).kid, rotate_keys(tmp_path, [TOWN], world_clock)[0]["next"]
    await keys.turn(bus)
    world_clock.later(minutes=11)
    real = os.replace

    def refuse(path, target):
        if str(target).endswith(f"signing-{TOWN}.pem"):
            raise OSError("power cut")
        real(path, target)

    with monkeypatch.context() as patched:
        patched.setattr("os.rename", refuse)
        patched.setattr("pathlib.Path.replace", lambda self, target: refuse(self, target))
        with pytest.raises(OSError, match="power cut"):
            await keys.turn(bus)
    again = SigningKeys(tmp_path, [TOWN], world_clock)
    await again.turn(bus)
    assert again.of(TOWN).kid == first and (await _known(bus, first))[first] is not None
    world_clock.later(minutes=11)
    await again.turn(bus)
    assert again.of(TOWN).kid == comes and (await _known(bus, first))[first] is not None


async def test_grants_of_the_old_key_are_still_taken(world):
    camera = world.camera("村口主路·东")
    clerk = await world.staff("lixiuying")
    before = (await clerk.grant(camera, purpose="patrol")).json()["token"]
    assert before
    keys = world.registry.keys
    await keys.turn(world.bus)
    rotate_keys(world.settings.secrets_dir, [TOWN], world.clock)
    await keys.turn(world.bus)
    world.clock.later(minutes=11)
    old = keys.of(TOWN).kid
    await keys.turn(world.bus)
    assert keys.of(TOWN).kid != old
    known = await _known(world.bus, old, keys.of(TOWN).kid)
    assert all(row is not None for row in known.values())
