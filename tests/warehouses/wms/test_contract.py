"""The WMS door answers what every warehouse door is asked, with the twin in each of its personalities and bases."""

from __future__ import annotations

import pytest

from stockbridge.testing.contract_warehouse import WarehouseContract


class TestInProcess(WarehouseContract):
    @pytest.fixture(params=["unique_reference", "look_up", "neither"])
    def personality(self, request):
        return request.param

    @pytest.fixture(params=["physical", "less_reserved", "less_accepted"])
    def bench(self, request, personality, make):
        return make(personality=personality, basis=request.param)


class TestOverHttp(WarehouseContract):
    @pytest.fixture
    def bench(self, socket_bench):
        return socket_bench
