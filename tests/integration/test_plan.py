"""`renkei plan` and `renkei apply` on a real broker: a newcomer gets all it needs, and nothing is ever deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.x509 import load_pem_x509_certificate

from hub.authority import AUTHORITY
from hub.installation import certify
from hub.sandbox.process import wait_until
from hub.topology import INTAKE_EXCHANGE, door_queue, hub_lane
from tests.installation import Installation, check, connected, own_config, shown
from tests.nodes import RabbitVhost

NEWCOMER = "newcomer"
PARTNER = f'name = "{NEWCOMER}"\ntitle = "Newcomer"\ntitle_ja = "新規"\npublishes = true\n'
GRANT = '[[grant]]\ntype = "resident.change"\npurposes = ["statistics"]\nlegal_basis = "none"\ndata_item = "none"\n'
pytestmark = pytest.mark.rabbitmq


def plan(hub: Installation, *options: str, expect: int = 0) -> Any:
    return hub.json("plan", "--management-url", hub.administrator, *options, expect=expect)


def apply(hub: Installation, *options: str, expect: int = 0) -> Any:
    return hub.json("apply", "--management-url", hub.administrator, *options, expect=expect)


@pytest.fixture
def newcomer(applied: Installation) -> Path:
    """The file of a partner that an installation at work did not know so far."""
    config = own_config(applied)
    (config / "grants" / f"{NEWCOMER}.toml").write_text(GRANT, encoding="utf-8")
    file = config / "partners" / f"{NEWCOMER}.toml"
    file.write_text(PARTNER, encoding="utf-8")
    return file


def test_a_new_installation_is_applied_once(installed: Installation) -> None:
    installed.init()
    (lost := installed.root / "secrets/welfare.password").unlink()

    first = plan(installed, "--check", expect=1)
    assert ("create", "password", "welfare") in shown(first)
    assert {change["action"] for change in first} == {"create"}
    assert not lost.exists()

    assert apply(installed) == []
    assert plan(installed, "--check") == []
    with connected(installed, "welfare"):  # the password that was made is the one the broker has
        pass
    said = installed.renkei("plan", "--management-url", installed.administrator).stdout
    assert said == "all is as configured\n"


def test_a_partner_comes_and_goes_and_its_message_stays(
    applied: Installation, newcomer: Path, rabbit_vhost: RabbitVhost
) -> None:
    # Given: a partner nobody knew yesterday
    door, lane = door_queue(NEWCOMER), hub_lane(NEWCOMER)
    binding = f"{INTAKE_EXCHANGE} ─{NEWCOMER}.#─▶ {door}"
    said = applied.renkei("plan", "--management-url", applied.administrator).stdout.splitlines()
    assert said == [
        f"+ password    {NEWCOMER}: secrets/{NEWCOMER}.password",
        f"+ queue       {door}",
        f"+ queue       {lane}",
        f"+ binding     {binding}",
        f"+ user        {NEWCOMER}",
        "5 to create",
    ]

    # When: applied, Then: it can publish
    assert apply(applied) == []
    with connected(applied, NEWCOMER) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish(INTAKE_EXCHANGE, f"{NEWCOMER}.some.thing", b"<x/>", mandatory=True)

    # When: it is not configured any more
    newcomer.unlink()
    (newcomer.parents[1] / "grants" / newcomer.name).unlink()
    api, vhost = rabbit_vhost.management, rabbit_vhost.vhost
    wait_until(lambda: api.call("GET", "queues", vhost, door).get("messages") == 1, "the broker counts it", 30)
    found = plan(applied, "--check", expect=1)
    assert shown(found) == {
        ("differs", "binding", binding),
        ("extra", "queue", door),
        ("extra", "queue", lane),
        ("extra", "user", NEWCOMER),
    }
    details = {change["name"]: change["detail"] for change in found}
    assert details[door] == "holds 1 messages; not configured any more"

    # Then: told, and still there after all that can be said to apply
    assert shown(apply(applied, "--overwrite", expect=1)) == {("differs", "binding", binding)}
    assert api.call("GET", "queues", vhost, door)["messages"] == 1
    assert shown(check(applied, expect=1)) == {("differs", "binding", binding)}


def test_a_newcomer_gets_a_certificate_where_the_authority_for_trial_is(applied: Installation, newcomer: Path) -> None:
    # Given: what `renkei init --tls` leaves in the home, from before the newcomer
    home = applied.app.home
    certify(home, [user.name for user in applied.app.topology.users if user.name != NEWCOMER], [])
    before = {file.name: file.read_bytes() for file in home.tls.iterdir()}

    # When, Then: the newcomer's alone is missing, and is made by apply, not by plan
    assert {change for change in shown(plan(applied)) if change[1] == "certificate"} == {
        ("create", "certificate", NEWCOMER)
    }
    assert {file.name for file in home.tls.iterdir()} == before.keys()
    assert apply(applied) == []
    assert plan(applied, "--check") == []

    # Then: the authority issued it to this user, its key is closed, and nobody else's has changed
    made, authority = (
        load_pem_x509_certificate((home.tls / f"{name}.pem").read_bytes()) for name in (NEWCOMER, AUTHORITY)
    )
    made.verify_directly_issued_by(authority)
    assert [name.value for name in made.subject] == [NEWCOMER]
    assert (home.tls / f"{NEWCOMER}.key").stat().st_mode & 0o777 == 0o600
    assert {name: (home.tls / name).read_bytes() for name in before} == before


def test_a_database_of_an_older_schema_is_told_and_left(applied: Installation) -> None:
    # Given: as if an older version had made it
    engine = sa.create_engine(f"sqlite:///{applied.root / 'data/hub.db'}")
    with engine.begin() as connection:
        needed = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one()
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    engine.dispose()

    # When, Then
    for left in (plan(applied, "--check", expect=1), apply(applied, "--overwrite", expect=1)):
        assert shown(left) == {("differs", "database", "sqlite")}
        assert f"schema is 0001, should be {needed}; stop every `renkei run`" in left[0]["detail"]


def test_a_configuration_that_does_not_hold_is_not_applied(applied: Installation, newcomer: Path) -> None:
    newcomer.write_text(PARTNER.replace("publishes", "publishs"), encoding="utf-8")
    refused = applied.renkei("apply", "--management-url", applied.administrator, expect=3)
    assert "publishes is missing" in refused.stderr
    assert not (applied.root / f"secrets/{NEWCOMER}.password").exists()
