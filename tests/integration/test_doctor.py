"""`renkei doctor`: well after the quick start, and what it says where only a person can mend."""

from __future__ import annotations

import shutil
import sqlite3
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import psycopg
import pytest

from hub.app import App
from hub.doctor import Status, broker, examine
from hub.sandbox.postgres import PrivatePostgres
from hub.sandbox.process import free_ports, wait_until
from hub.topology import HUB_USER, WATCH_USER
from tests.doctors import Ward
from tests.installation import Installation, edit_settings, own_config
from tests.nodes import RabbitVhost

F, W = Status.FAILED, Status.WARNING


@pytest.fixture
def ward(installed: Installation, rabbit_vhost: RabbitVhost) -> Ward:
    installed.init()
    installed.apply()
    return Ward(installed, rabbit_vhost)


def test_all_is_well_after_the_quick_start(ward: Ward) -> None:
    ward.lints = True
    assert ward.ill() == {}
    assert {one.fix for one in ward.verdicts().values()} == {""}


def test_files_that_are_missing_or_damaged(ward: Ward) -> None:
    root = ward.made.root

    # A password
    (root / "secrets" / "welfare.password").rename(root / "welfare.kept")
    assert "secrets/welfare.password is missing" in ward.ill()["secrets"].found
    (root / "welfare.kept").rename(root / "secrets" / "welfare.password")

    # The master key, or another one
    key = root / "keys" / "master.key"
    kept = key.read_bytes()
    ward.made.app.sealer.seal("id", b"body")  # the store has a key that it wrapped
    key.write_bytes(bytes(32))
    assert set(ward.ill()) == {"master_key.fits"}
    key.write_bytes(b"short")
    assert "has 5 bytes instead of 32" in ward.ill()["master_key.file"].found
    key.unlink()
    assert "without it no sealed body can be opened" in ward.ill()["master_key.file"].found
    key.write_bytes(kept)
    key.chmod(0o600)
    assert ward.ill() == {}

    # The database, of a newer version, then gone
    database = root / "data" / "hub.db"
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert ward.ill()["database.schema"].fix.startswith("install that version again")
    for file in database.parent.glob("hub.db*"):
        file.unlink()
    assert ward.ill()["database"].fix.startswith("restore the database from its backup")

    # The settings
    (root / "hub.toml").write_text("tenant = 5\n")
    assert set(ward.ill()) == {"settings"}
    (root / "hub.toml").unlink()
    assert "init" in ward.ill()["settings"].fix


def test_own_folders_that_drift_from_the_shipped_ones(ward: Ward) -> None:
    # Given: a configuration of one's own, as expected, and a copy of the schemas
    own_config(ward.made)
    schemas = ward.made.root / "schemas"
    shutil.copytree(ward.made.app.home.folder("schemas"), schemas)
    assert ward.ill() == {}

    # When: an upgrade brings a version the copy lacks, and somebody changed another
    lacking = next(schemas.glob("*/v1/valid/*.xml"))
    lacking.unlink()
    changed = next(schemas.glob("resident.change/v1/contract.toml"))
    changed.write_text(changed.read_text() + "\n# ours\n")

    # Then
    ill = ward.ill()
    assert set(ill) == {"folder.schemas"}
    assert (
        f"lacks {lacking.relative_to(schemas)}; changed {changed.relative_to(schemas)}" in ill["folder.schemas"].found
    )
    assert ill["folder.schemas"].fix.startswith("diff -r ")


def test_what_does_not_fit_together_is_told_as_lint_tells_it(ward: Ward) -> None:
    # Given: a mapping that does not give what its case says
    mappings = ward.made.root / "mappings"
    shutil.copytree(ward.made.app.home.folder("mappings"), mappings)
    case = next(mappings.glob("code.accepted--*/v1/cases/first.out.xml"))
    shutil.copy(case.with_name("second.out.xml"), case)
    ward.lints = True

    ill = ward.ill()

    assert set(ill) == {"configuration", "folder.mappings"}
    assert ill["configuration"].found.startswith("first.out.xml")
    assert ill["configuration"].fix.endswith(" lint")


def test_a_broker_that_does_not_let_the_hub_in(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "CONNECT_SECONDS", 1.0)

    # A password that is not the broker's
    secret = ward.made.root / "secrets" / f"{HUB_USER}.password"
    kept = secret.read_text()
    secret.write_text("another\n")
    ill = ward.ill()
    assert set(ill) == {"broker.connection"}
    assert "refuses the user or the password" in ill["broker.connection"].found
    assert f"rabbitmqctl change_password {HUB_USER}" in ill["broker.connection"].fix
    secret.write_text(kept)

    # A read-only user that is not known there
    (ward.made.root / "secrets" / f"{WATCH_USER}.password").write_text("another\n")
    bare = f"http://{urlsplit(ward.made.administrator).netloc.rpartition('@')[2]}"
    assert f"does not know {WATCH_USER}" in ward.verdicts(bare)["broker.management"].found

    # Nobody there at all
    port = free_ports(1)[0]
    edit_settings(ward.made, f":{urlsplit(ward.vhost.amqp_url).port}/", f":{port}/")
    found = ward.verdicts(f"http://a:b@127.0.0.1:{port}")
    assert found["broker.connection"].status is Status.FAILED
    assert found["broker.management"].status is Status.FAILED
    assert "a:b" not in str(found)


def test_without_an_administrator_it_says_what_it_did_not_look_at(ward: Ward) -> None:
    bare = f"http://{urlsplit(ward.made.administrator).netloc.rpartition('@')[2]}"

    found = ward.verdicts(bare)

    assert {name for name, one in found.items() if one.status is not Status.OK} == {"broker.administrator"}
    assert found["broker.policies"].status is Status.OK
    assert "broker.rights" not in found

    # And without any management address
    edit_settings(ward.made, f'management_url = "{bare}"', "")
    app = App(ward.made.root)
    unseen = {one.check: one for one in examine(app) if one.status is not Status.OK}
    app.close()
    assert set(unseen) == {"broker.management"}
    assert unseen["broker.management"].fix.startswith("management_url = ")


def test_clocks_that_differ(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    for seconds, status in [(10, W), (-10, W), (90, F), (-90, F)]:
        monkeypatch.setattr(broker, "time", SimpleNamespace(time=lambda by=seconds: time.time() + by))

        ill = ward.ill()

        assert {name: one.status for name, one in ill.items()} == {"clock.broker": status}
        assert ("behind" if seconds > 0 else "ahead of") in ill["clock.broker"].found


def test_a_postgresql_that_may_lose_commits(ward: Ward, own_postgres: PrivatePostgres) -> None:
    # Given
    url = own_postgres.url.replace("postgresql+psycopg", "postgresql")
    settings = ward.made.root / "hub.toml"
    settings.write_text(f'store_url = "{url}"\n' + settings.read_text())
    assert ward.obey(ward.ill()["database.schema"].fix) == 1
    assert {name: one.status for name, one in ward.ill().items()} == {"fence": W}
    ward.made.found_fences()
    assert ward.ill() == {}
    assert ward.verdicts()["database.version"].found == f"postgresql {own_postgres.version}"

    # When
    with psycopg.connect(url, autocommit=True) as administrator:
        administrator.execute("ALTER SYSTEM SET fsync = off")
        administrator.execute("SELECT pg_reload_conf()")
        wait_until(lambda: set(ward.ill()) == {"database.durability"}, "it is noticed", 30)

        # Then
        for line in ward.ill()["database.durability"].fix.splitlines():
            administrator.execute(line)
        wait_until(lambda: ward.ill() == {}, "it is healed", 30)

    own_postgres.stop()
    assert "it cannot be read" in ward.ill()["database"].found


def test_the_command_tells_the_worst_by_its_exit_code_and_changes_nothing(ward: Ward) -> None:
    ward.ill()  # until the broker tells its figures
    administrator = ("--management-url", ward.made.administrator)
    before = {path: path.stat().st_mode for path in ward.made.root.rglob("*")}

    # All well
    well = ward.made.json("doctor", *administrator)
    assert {one["status"] for one in well} == {"ok"}

    # A warning
    unseen = ward.made.json("doctor", expect=6)
    assert [one["check"] for one in unseen if one["status"] == "warning"] == ["broker.administrator"]
    assert {path: path.stat().st_mode for path in ward.made.root.rglob("*")} == before

    # A failure outweighs a warning, and is told with its fix
    key = ward.made.root / "keys" / "master.key"
    key.chmod(0o604)
    told = ward.made.renkei("doctor", expect=1).stdout
    assert "FAILED  master_key.file: keys/master.key is open to others (mode 0604)" in told
    assert f"→ chmod 600 {key}" in told

    # No secret is shown
    passwords = [Path(file).read_text().strip() for file in ward.made.app.home.secrets.glob("*.password")]
    passwords.append(urlsplit(ward.made.administrator).password or "")
    assert not any(password in told + str(well) + str(unseen) for password in passwords)
