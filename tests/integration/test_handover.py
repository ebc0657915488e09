"""The record's signing key is changed: a history across several keys is right, and no key comes in by itself (R48)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.audit import verifier
from hub.audit.outside import OutsideFile
from hub.audit.rows import row_mac
from hub.audit.signing import Signer, SigningKeys, create_signing_key, load_signing_key
from hub.audit.verifier import problems
from hub.errors import ConfigError, Refused
from hub.home import Home
from hub.metrics import Metrics
from hub.ports.audit import AuditFilter, Entry
from hub.store import SqlStore, migrate
from hub.support import audit_bundle, handover
from hub.support.audit_check import verify
from hub.worker.sequencer import Sequencer
from tests.audit import audit_key
from tests.integration.test_record import NoKeeper

TENANT = "141305"
STRANGER = Signer(b"t" * 32, TENANT)


@dataclass
class Record:
    store: SqlStore
    home: Home
    outside: OutsideFile
    sequencer: Sequencer
    keys: SigningKeys

    def write(self, rows: int) -> None:
        before = len(self.store.audit_rows())
        self.store.record([Entry("look.body", (f"dead:{before + one}",), before + one) for one in range(rows)])
        self.sequencer.round()

    def change(self) -> Signer:
        """The key, by what the command does. The sequencer goes on as it is."""
        create_signing_key(self.home.next_audit_key)
        keys = SigningKeys(self.home.audit_key, self.home.next_audit_key, TENANT)
        earlier, new = keys.in_force(self.store.audit_head().key), keys.successor
        assert new is not None
        handover.hand_over(self.store, keys, new, "admin", "yearly")
        handover.put_aside(self.home, earlier)
        self.sequencer.round()
        return new

    def wrong(self, trusted: Signer) -> list[str]:
        return verify(self.store, TENANT, trusted.public_key, audit_key(), self.outside).wrong

    def sql(self, text: str, **values: Any) -> None:
        self.store._database.write(lambda connection: connection.execute(sa.text(text), values))

    def bundle(self, signer: Signer, since: int = 0, until: int = 99) -> dict[str, Any]:
        newest = audit_bundle.newest(self.store)
        chosen = audit_bundle.chosen(self.store, [AuditFilter(since=since, until=until)], newest.size)
        rows = audit_bundle.unbroken(self.store, chosen)
        key = handover.key_of(self.store, signer, newest)
        return audit_bundle.bundle(self.store, key, rows, newest, whole=True)


@pytest.fixture
def record(sqlite_url: str, tmp_path: Path) -> Iterator[Record]:
    migrate(sqlite_url)
    store, home = SqlStore(sqlite_url, TENANT, audit_key), Home(tmp_path / "home")
    create_signing_key(home.audit_key)
    outside, keys = OutsideFile(tmp_path / "checkpoints"), SigningKeys(home.audit_key, home.next_audit_key, TENANT)
    sequencer = Sequencer(store, NoKeeper(), keys.note, outside, Metrics(), threading.Event())  # type: ignore[arg-type]
    made = Record(store, home, outside, sequencer, keys)
    made.write(4)
    yield made
    store.close()


@pytest.fixture
def signers(record: Record) -> list[Signer]:
    """Three keys, one after the other, with rows under each."""
    found = [record.keys.first]
    for _ in range(2):
        found.append(record.change())
        record.write(3)
    return found


@pytest.mark.rule("R48")
def test_a_record_signed_by_three_keys_is_right_by_each_of_them(record: Record, signers: list[Signer]) -> None:
    assert [record.wrong(one) for one in signers] == [[], [], []]
    told = record.wrong(STRANGER)
    assert told[0] == "the key that is trusted was never handed over to, nor handed over itself"
    assert len(told) > 1
    first, second = handover.rows(record.store)
    said = json.loads(second.text)
    assert (first.leaf, second.leaf, said["actor"], said["purpose"]) == (4, 8, "admin", "yearly")
    sizes = [one.size for one in record.store.audit_checkpoints()]
    assert sizes == [4, 5, 8, 9, 12]
    assert record.store.audit_head().key == signers[2].key_text
    assert (
        record.home.audit_key.read_bytes()
        != record.home.earlier_audit_key(signers[0].key_text.split("+")[1]).read_bytes()
    )


@pytest.mark.rule("R48")
@pytest.mark.parametrize("since", [0, 5, 90], ids=["whole", "across", "none"])
def test_a_bundle_across_keys_fits_by_each_of_them(record: Record, signers: list[Signer], since: int) -> None:
    made = record.bundle(signers[2], since)
    assert (made["form"], made["key"]) == (2, signers[2].key_text)
    assert problems(made) == []
    assert [problems(made, one.key_text) for one in signers] == [[], [], []]
    assert problems(made, STRANGER.key_text) == [
        "the key that is trusted was never handed over to, nor handed over itself"
    ]
    assert problems(made, Signer(b"s" * 32, "999999").key_text) == ["the key given is that of another record"]


def test_a_bundle_of_rows_before_the_change_is_covered_by_the_key_of_then(
    record: Record, signers: list[Signer]
) -> None:
    made = record.bundle(signers[0], until=3)
    assert [row["leaf"] for row in made["rows"]] == [0, 1, 2]
    verifier.read_note(made["covering"], signers[0].name, signers[0].public_key)
    verifier.read_note(made["newest"], signers[2].name, signers[2].public_key)
    assert problems(made, signers[0].key_text) == []


@pytest.mark.rule("R48")
def test_a_bare_python_checks_a_bundle_across_keys(record: Record, signers: list[Signer], tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(verifier.__file__, alone / "verifier.py")
    made = record.bundle(signers[2])
    for name, content in (("bundle", made), ("cut", made | {"handovers": made["handovers"][:1]})):
        audit_bundle.write(alone / name, content, lambda path: os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))

    def bare(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", *arguments], cwd=alone, capture_output=True, text=True, timeout=60, check=False
        )

    right = bare("verifier.py", "bundle", "--key", signers[0].key_text)
    assert (right.returncode, right.stdout.count("the key was changed at row")) == (0, 2), right.stdout
    assert bare("bundle").returncode == 0
    assert bare("verifier.py", "bundle", "--key", STRANGER.key_text).returncode == 1
    assert bare("verifier.py", "cut").returncode == 1


@pytest.mark.rule("R48")
@pytest.mark.slow
def test_each_byte_of_a_handover_counts(record: Record, signers: list[Signer]) -> None:
    """In the note both keys signed, with the row's HMAC made anew by somebody who has the master key."""
    made = record.bundle(signers[2])
    row = handover.rows(record.store)[0]
    said = json.loads(row.text)
    note = said["details"]["note"]
    for place in range(len(note)):
        flipped = note[:place] + chr(ord(note[place]) ^ 1) + note[place + 1 :]
        with pytest.raises(ValueError, match=r"\w"):
            verifier.read_handover(flipped, signers[0].name)
        text = row.text.replace(
            json.dumps(note, ensure_ascii=False)[1:-1], json.dumps(flipped, ensure_ascii=False)[1:-1]
        )
        assert text != row.text
        forged = {**made["handovers"][0], "text": text, "mac": row_mac(audit_key(), text)}
        assert problems(made | {"handovers": [forged, *made["handovers"][1:]]}), place
        if place % 40 == 0:
            record.sql("UPDATE audit_rows SET text = :t, mac = :m WHERE id = :i", t=text, m=forged["mac"], i=row.id)
            assert record.wrong(signers[2]), place
    record.sql("UPDATE audit_rows SET text = :t, mac = :m WHERE id = :i", t=row.text, m=row.mac, i=row.id)
    assert record.wrong(signers[2]) == []


@pytest.mark.rule("R48")
def test_handovers_dropped_reordered_doubled_or_of_another_row(record: Record, signers: list[Signer]) -> None:
    made = record.bundle(signers[2])
    first, second = made["handovers"]
    plain = made["rows"][0]
    for wrong in (
        [],
        [first],
        [second, first],
        [first, first, second],
        [first, plain],
        [first | {"leaf": 5}, second],
    ):
        assert problems(made | {"handovers": wrong}), wrong
        assert problems(made | {"handovers": wrong}, signers[0].key_text), wrong
    assert problems(made | {"handovers": [second]}, signers[1].key_text) == []  # what was before is not claimed
    assert problems(made | {"handovers": [second]}, signers[0].key_text)
    silent = {name: value for name, value in made.items() if name != "handovers"} | {"form": 1}
    assert problems(silent, signers[2].key_text) == []  # the newest key vouches for all of it
    assert problems(silent, signers[0].key_text)
    assert problems(made | {"key": signers[0].key_text})
    assert problems(made | {"key": STRANGER.key_text})


def forged(record: Record, old: Signer, new: Signer, sign: Signer) -> None:
    """What somebody with database and master key can do: a handover in its place, signed with what they have."""
    size = record.store.audit_head().size
    body, _, signatures = old.hand_over(new, size, bytes(32), 7).partition("\n\n")
    by_new = signatures.split("\n")[1]
    note = f"{body}\n\n" + sign._signature(f"{body}\n") + f"{by_new}\n"
    entry = Entry("keys.sign", (), 7, details={"note": note})
    record.store.hand_over_audit(lambda *_: entry, new.note, new.key_text, 7)


@pytest.mark.rule("R48")
def test_a_key_that_was_never_handed_over_to(record: Record, signers: list[Signer]) -> None:
    """The thief signs for the old key with their own, or goes on with an earlier key, or says nothing at all."""
    forged(record, signers[2], STRANGER, sign=STRANGER)
    told = record.wrong(signers[2])
    assert "the handover of the signing key is not as both keys signed it" in told[0]
    with pytest.raises(Refused, match=r"audit\.handover"):
        record.bundle(signers[2])


@pytest.mark.rule("R48")
def test_an_earlier_key_signs_nothing_any_more(record: Record, signers: list[Signer]) -> None:
    """Its owner writes a checkpoint of more rows than were there when it was handed over."""
    newest = record.store.audit_checkpoints()[-1]
    root = verifier.read_note(newest.note, signers[2].name, signers[2].public_key).root
    by_first = signers[0].note(newest.size, root, newest.at)
    record.sql("UPDATE audit_checkpoints SET note = :n WHERE size = :s", n=by_first, s=newest.size)
    assert any("not as it was signed" in one for one in record.wrong(signers[2]))
    assert problems(record.bundle(signers[2]))

    forged(record, signers[0], STRANGER, sign=signers[0])  # a second handover of the first key
    assert "was never handed over to" in record.wrong(signers[2])[0]


def test_a_database_that_forgets_the_key_in_force(record: Record, signers: list[Signer]) -> None:
    for key in (None, signers[0].key_text, "nonsense"):
        record.sql("UPDATE audit_state SET key = :k", k=key)
        assert "the database names another signing key" in record.wrong(signers[2])[0]


@pytest.mark.rule("R48")
def test_a_key_that_was_lost_after_a_change_is_told_for_ever(record: Record, signers: list[Signer]) -> None:
    record.home.audit_key.unlink()
    create_signing_key(record.home.audit_key)
    fresh = SigningKeys(record.home.audit_key, record.home.next_audit_key, TENANT).first
    handover.begin_anew(record.store, fresh)
    record.write(2)

    assert record.store.audit_head().since is None  # it is signed, so messages leave again
    told = record.wrong(fresh)
    assert told[0].startswith("row 12: the signing key was lost")
    assert any("not as it was signed" in one for one in told)
    assert "row 12: the signing key was lost" in record.wrong(signers[2])[0]
    made = record.bundle(fresh, since=record.store.audit_checkpoints()[-1].size - 2)
    assert (made["form"], made["key"]) == (1, fresh.key_text)
    assert problems(made, fresh.key_text) == []
    last = record.change()
    record.write(1)
    assert problems(record.bundle(last, since=14), fresh.key_text) == []


@pytest.mark.rule("R48")
def test_a_host_without_the_new_key_signs_nothing_until_it_has_it(record: Record, tmp_path: Path) -> None:
    other = Home(tmp_path / "other")
    other.audit_key.parent.mkdir(parents=True)
    shutil.copy(record.home.audit_key, other.audit_key)
    keys = SigningKeys(other.audit_key, other.next_audit_key, TENANT)
    elsewhere = Sequencer(record.store, NoKeeper(), keys.note, record.outside, Metrics(), threading.Event())  # type: ignore[arg-type]
    new = record.change()
    record.store.record([Entry("look.body", ("dead:1",), 50)])

    assert elsewhere.round() == 0
    assert len(record.store.waiting_audit_rows()) == 1
    with pytest.raises(ConfigError, match="not on this host"):
        keys.in_force(new.key_text)

    shutil.copy(record.home.audit_key, other.next_audit_key)
    assert elsewhere.round() == 1
    assert record.wrong(new) == []


def test_an_interrupted_move_of_the_files_is_finished(record: Record) -> None:
    create_signing_key(record.home.next_audit_key)
    new = load_signing_key(record.home.next_audit_key)
    earlier = record.keys.first
    aside = record.home.earlier_audit_key(earlier.key_text.split("+")[1])
    aside.hardlink_to(record.home.audit_key)  # killed here

    handover.put_aside(record.home, earlier)

    assert load_signing_key(record.home.audit_key) == new
    assert load_signing_key(aside) != new
    assert not record.home.next_audit_key.exists()
    with pytest.raises(Refused, match=r"keys\.waiting"):
        handover.make_successor(record.home)
        handover.make_successor(record.home)
