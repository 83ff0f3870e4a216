"""The test of a connection says what is wrong in plain sentences."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stockbridge.testing.fakes import FakeClock, InProcessHttp, opening
from stockbridge.testing.twins.wms import Fault, WmsService, WmsTwin
from stockbridge.warehouses.wms import DOOR
from stockbridge.warehouses.wms.check import LACKS


@pytest.mark.parametrize(
    ("claimed", "real", "ok"),
    [
        ("unique_reference", "unique_reference", True),
        ("unique_reference", "look_up", False),
        ("unique_reference", "neither", False),
        ("look_up", "unique_reference", True),
        ("look_up", "neither", False),
        ("neither", "unique_reference", True),
    ],
)
def test_claiming_more_than_the_wms_does_is_a_finding(make, claimed, real, ok):
    bench = make(personality=claimed)
    bench.twin.config = replace(bench.twin.config, personality=real)
    health = bench.door.check()
    assert health.ok is ok
    assert ok or all("personality" in each for each in health.findings)


@pytest.mark.parametrize("personality", ["unique_reference", "look_up"])
def test_of_a_wms_that_can_be_asked_nothing_is_remarked(make, personality):
    health = make(personality=personality).door.check()
    assert (health.ok, health.findings) == (True, ())


def test_what_a_wms_that_cannot_be_asked_lacks_is_said_although_nothing_is_wrong(make):
    health = make(personality="neither").door.check()
    assert (health.ok, health.findings) == (True, (LACKS,))
    assert "waits for a person" in LACKS


def test_a_wms_that_can_more_than_the_settings_say_is_named_with_the_setting_to_change(make):
    bench = make(personality="neither")
    bench.twin.config = replace(bench.twin.config, personality="look_up")
    health = bench.door.check()
    assert health.ok
    assert "set 'personality' to 'look_up'" in health.findings[1]


def test_a_warehouse_that_the_wms_does_not_have_is_named_with_those_it_has(make):
    health = make(settings={"warehouses": ["LON", "ROM"]}).door.check()
    assert not health.ok
    assert "'ROM'" in health.findings[0]
    assert "BER, LON" in health.findings[0]


def test_a_wrong_key_is_explained(bench):
    bench.twin.config = replace(bench.twin.config, api_key="another")
    (finding,) = bench.door.check().findings
    assert "API key" in finding


@pytest.mark.parametrize("kind", ["no_connection", "lose_request", "error_before", "garbage_after"])
def test_a_wms_that_does_not_answer_is_a_finding_not_an_error(bench, kind):
    bench.twin.faults.plan("about", Fault(kind))
    health = bench.door.check()
    assert not health.ok
    assert "Check the address" in health.findings[0]


def test_clocks_that_differ_are_a_finding(bench):
    other = FakeClock()
    other.advance(200)
    bench.http.hosts["http://wms.test"] = WmsService(WmsTwin(bench.twin.config, other)).handle
    (finding,) = bench.door.check().findings
    assert "200 seconds" in finding


@pytest.mark.parametrize("secrets", [{}, {"signing_secret": "hello"}])
def test_a_missing_or_weak_signing_secret_is_a_finding(bench, secrets):
    settings = {"url": "https://wms.test", "warehouses": ["LON"], "personality": "neither"}
    http = InProcessHttp(bench.clock, {"https://wms.test": WmsService(bench.twin).handle})
    handed = opening(settings=settings, secrets=secrets | {"api_key": bench.twin.config.api_key}, clock=bench.clock, http=http)
    health = DOOR.open(handed).check()
    assert not health.ok
    assert "signing secret" in health.findings[0]
    assert "hello" not in health.findings[0]
