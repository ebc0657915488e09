"""The record by its commands, with real workers: what leaves is recorded, signed, verified and handed out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from hub.cli.main import cli
from hub.cli.who import account
from hub.ports.audit import Entry
from hub.sandbox.process import wait_until
from tests.engine import DEADLINE, Engine, note

PERSON = "000000000000001"
ARCHIVE = "delivery.archive"


def outside_the_city(root: Path) -> None:
    edge = root / "config/edges/archive.toml"
    edge.write_text(edge.read_text(encoding="utf-8").replace('"internal"', '"discloses"'), encoding="utf-8")


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """One message about one person has left the city, and one about another."""
    made = Engine(tmp_path / "home", monkeypatch, prepare=outside_the_city)
    made.run()
    made.publish(note(1))
    made.publish(note(2).replace(b"123456789018", b"000000000019"))
    made.await_ended(ARCHIVE, delivered=2)
    signed(made)
    yield made
    made.close()


def renkei(engine: Engine, *arguments: str, typed: str = "") -> Any:
    done = CliRunner().invoke(cli, ["--home", str(engine.app.home.root), *arguments], input=typed)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def told(engine: Engine, *arguments: str, typed: str = "", code: int = 0) -> Any:
    done = renkei(engine, "audit", *arguments, "--json", typed=typed)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def signed(engine: Engine) -> None:
    wait_until(lambda: engine.app.store.audit_head().since is None, "the record is signed", DEADLINE)


@pytest.mark.rule("R47")
def test_r47_what_left_about_one_person_and_who_asked_for_it(engine: Engine) -> None:
    # When somebody looks for what is recorded about one person
    found = told(engine, "list", "--person", typed=PERSON)

    # Then it is what left about that person, why, on which law, and the search itself
    assert [row["act"] for row in found] == ["search.person", "disclose.outcome", "disclose.send"]
    sent, searched = found[2], found[0]
    assert (sent["actor"], sent["purpose"], sent["details"]["hop"]) == ("hub", "JT-1", ARCHIVE)
    assert sent["basis"]
    assert sent["place"] is not None
    assert (searched["actor"], searched["terminal"].partition(":")[0]) == (account(), "shell")
    assert PERSON not in json.dumps(found)
    assert [row["act"] for row in told(engine, "list", "--actor", account(), "--limit", "2")] == ["audit.look"] * 2


@pytest.mark.rule("R10", "R47")
def test_a_search_among_dead_letters_and_a_look_at_the_list_are_recorded(engine: Engine) -> None:
    assert renkei(engine, "dead", "list", "--person", typed=PERSON).exit_code == 0
    renkei(engine, "permission", "show")

    acts = [row["act"] for row in told(engine, "list", "--actor", account())]
    assert acts[1:] == ["permission.look", "search.person"]


def test_one_row_whole(engine: Engine) -> None:
    row = told(engine, "list", "--act", "disclose.send", "--limit", "1")[0]

    assert told(engine, "show", str(row["id"])) == row
    assert renkei(engine, "audit", "show", "99999").exit_code == 5


def test_verify_says_so_and_remembers_when(engine: Engine) -> None:
    found = told(engine, "verify")

    assert (found["right"], found["wrong"], found["unsigned"]) == (True, [], 0)
    assert engine.app.store.audit_head().verified_at
    assert renkei(engine, "audit", "verify").exit_code == 0


def test_verify_names_a_changed_row(engine: Engine) -> None:
    change = sa.text("UPDATE audit_rows SET text = replace(text, 'terminal', 'terminus') WHERE leaf = 3")
    engine.app.store._database.write(lambda connection: connection.execute(change))  # type: ignore[attr-defined]

    found = told(engine, "verify", code=1)

    assert any("row 3 " in one and "HMAC" in one for one in found["wrong"])
    assert engine.app.store.audit_head().verified_at is None


@pytest.mark.rule("R70")
@pytest.mark.parametrize("by", ["period", "message", "person"])
def test_a_bundle_that_a_bare_python_checks(engine: Engine, tmp_path: Path, by: str) -> None:
    """R48, R70."""
    message = next(row for row in told(engine, "list", "--act", "disclose.send"))["details"]["correlation"]
    chosen = {"period": ["--since", "2020-01-01"], "message": ["--message", message], "person": ["--person"]}[by]
    signed(engine)
    file, key = tmp_path / "evidence.zip", told(engine, "key")["key"]

    made = told(engine, "export", str(file), "--reason", "a court asks", *chosen, typed=PERSON)

    assert made["rows"] >= 2
    assert told(engine, "verify", "--bundle", str(file), "--key", key)["right"]
    bare = subprocess.run(
        [sys.executable, "-I", "-S", str(file), str(file), "--key", key], capture_output=True, check=False, timeout=60
    )
    assert bare.returncode == 0, bare.stdout
    assert PERSON.encode() not in file.read_bytes()
    exported = told(engine, "list", "--act", "audit.export")
    assert [(row["actor"], row["purpose"]) for row in exported] == [(account(), "a court asks")]
    again = renkei(engine, "audit", "export", str(file), "--reason", "again", *chosen, typed=PERSON)
    assert again.exit_code == 3  # never written over


def test_what_is_no_bundle_is_refused_with_its_card(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "nothing.zip"
    file.write_bytes(b"PK\x03\x04 nothing")

    done = renkei(engine, "audit", "verify", "--bundle", str(file))

    assert (done.exit_code, "(audit.bundle)" in done.stderr) == (5, True)


def test_nothing_leaves_while_checkpoints_cannot_be_written_outside(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is gone: what is to leave waits, without an attempt, and goes when it is back."""
    monkeypatch.setattr("hub.store.leases.UNSIGNED_US", 300_000)
    folder = engine.app.home.checkpoints
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.write_text("in the way")
    renkei(engine, "permission", "show")  # something to sign
    wait_until(lambda: older(engine, 400_000), "a row has waited for long", DEADLINE)

    third = engine.publish(note(3))
    engine.await_(lambda: [e.outcome for e in engine.app.store.trace(third)] == ["forwarded"])
    engine.metrics.record(engine.app.store.audit_head())
    assert b"renkei_audit_unsigned_age_seconds 0.0\n" not in engine.metrics.expose()[1]
    assert len(engine.archive.effects) == 2

    folder.unlink()
    aside.rename(folder)
    engine.await_ended(ARCHIVE, delivered=3)
    assert told(engine, "verify")["right"]


def older(engine: Engine, microseconds: int) -> bool:
    from hub.clock import now_us

    since = engine.app.store.audit_head().since
    return since is not None and now_us() - since > microseconds


def test_a_second_keeper_is_told(engine: Engine) -> None:
    subscription = engine.app.broker.subscribe("audit.checkpoints", 100)

    notes = [one.body.decode() for one in subscription.take(100, 5.0)]

    subscription.close()
    kept = [one.note for one in engine.app.store.audit_checkpoints()]
    assert notes
    assert set(notes) <= set(kept)


def test_the_signing_key_is_never_made_anew_over_another(engine: Engine) -> None:
    key = told(engine, "key")["key"]
    assert renkei(engine, "audit", "key", "--make").exit_code == 3
    assert told(engine, "key")["key"] == key
    engine.app.home.audit_key.unlink()
    assert renkei(engine, "audit", "key").exit_code == 3
    assert renkei(engine, "audit", "key", "--make").exit_code == 0
    assert told(engine, "key")["key"] != key


@pytest.mark.rule("R48")
def test_the_signing_key_is_changed_while_messages_leave(engine: Engine, tmp_path: Path) -> None:
    # Given a record under one key, and another one copied to every host
    first = told(engine, "key")["key"]
    waiting = told(engine, "new-key")
    assert renkei(engine, "audit", "new-key").exit_code == 5
    assert told(engine, "key")["key"] == first

    # When it is handed over to, and the processes go on as they are
    done = told(engine, "hand-over", "--reason", "yearly")
    engine.publish(note(3))
    engine.await_ended(ARCHIVE, delivered=3)
    signed(engine)

    # Then what left since is signed by the new key, and all of it is right by either
    assert (done["key"], told(engine, "key")["key"]) == (waiting["key"], waiting["key"])
    assert engine.app.home.earlier_audit_key(done["put_aside"]).exists()
    assert not engine.app.home.next_audit_key.exists()
    assert all(told(engine, "verify", "--key", key)["right"] for key in (first, waiting["key"]))
    [row] = told(engine, "list", "--act", "keys.sign")
    assert (row["actor"], row["purpose"]) == (account(), "yearly")
    signed(engine)
    file = tmp_path / "evidence.zip"
    told(engine, "export", str(file), "--reason", "a court asks", "--since", "2020-01-01")
    for key in (first, waiting["key"]):
        arguments = [sys.executable, "-I", "-S", str(file), str(file), "--key", key]
        bare = subprocess.run(arguments, capture_output=True, check=False, timeout=60)
        assert bare.returncode == 0, bare.stdout

    # And on one host it takes one command
    assert told(engine, "hand-over", "--reason", "again")["key"] not in (first, waiting["key"])
    assert told(engine, "verify")["right"]


@pytest.mark.rule("R49")
def test_r49_suspicious_acts_are_told_and_that_somebody_looked_is_recorded(engine: Engine) -> None:
    engine.app.store.record([Entry("reveal.field", ("dead:1",), 10, purpose="why", actor="hanako")])  # 1970, at night

    found = told(engine, "suspicious", "--hours", "10:00-18:00", "--reveals", "1")

    mine = [one for one in found if one["actor"] == "hanako"]
    assert [one["rule"] for one in mine] == ["hours", "reveals"]
    [row] = told(engine, "list", "--act", "audit.review")
    assert row["details"]["reveals"] == 1
    assert renkei(engine, "audit", "suspicious", "--hours", "always").exit_code == 2
