"""When the demo's hub is at rest."""

import pytest

from hub.ports.store import Balance
from hub.sandbox import demo_hub
from hub.support.reconcile import Account, Reconciliation
from tests.unit.sandbox.perfect_run import PerfectHub


@pytest.mark.parametrize(("dead", "releasable", "rest"), [(0, 0, False), (1, 0, True), (1, 1, False)])
def test_what_waits_behind_nothing_dead_of_its_record_is_about_to_go_out(
    monkeypatch: pytest.MonkeyPatch, dead: int, releasable: int, rest: bool
) -> None:
    balance = Balance("delivery.pmh", accepted=2 + dead, ends={}, dead=dead, leased=0, waiting=2)
    accounts = Reconciliation((Account(balance),), queued=0)
    monkeypatch.setattr(demo_hub, "reconcile", lambda *_parts: accounts)
    hub = PerfectHub({})
    store = type("Store", (), {"releasable": lambda _self, _hop: releasable})()
    hub.app = type("App", (), {"store": store, "broker": None, "topology": None})()

    found = demo_hub.DemoHub.unrest(hub, [])

    assert (found == []) == rest
    assert rest or "2 waiting at delivery.pmh" in found
