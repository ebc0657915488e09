"""The record under attack: whatever is changed in a small log, in a bundle or outside, is found (R48)."""

from __future__ import annotations

import gc
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.audit import verifier
from hub.audit.outside import OutsideFile, Standing
from hub.audit.rows import leaf_data, row_mac
from hub.audit.signing import Signer
from hub.audit.tree import Frontier
from hub.audit.verifier import leaf_hash, problems
from hub.metrics import Metrics
from hub.ports.audit import AuditFilter, Entry, KeptNote
from hub.ports.persons import Alias, PersonRef
from hub.store import SqlStore, migrate
from hub.support import audit_bundle, audit_check
from hub.support.audit_check import Findings, verify
from hub.worker.sequencer import Sequencer
from tests.audit import audit_key

TENANT = "141305"
SIGNER = Signer(b"s" * 32, TENANT)
PERSON = PersonRef("subject", (Alias("addressee_number", "ab12"),))


class NoKeeper:
    """A broker that takes every checkpoint."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def publish(self, batch: Any, timeout: float = 30.0) -> list[Any]:
        from hub.ports.broker import PublishOutcome

        self.told += [one.body.decode() for one in batch]
        return [PublishOutcome.CONFIRMED for _ in batch]


@dataclass
class Record:
    """A small log of nine rows and three checkpoints, and what attackers have."""

    store: SqlStore
    file: Path
    outside: OutsideFile
    keeper: NoKeeper
    sequencer: Sequencer

    def write(self, rows: int) -> None:
        before = len(self.store.audit_rows())
        self.store.record([
            Entry("look.body", (f"dead:{before + number}",), before + number, (PERSON,), "why")
            for number in range(rows)
        ])  # fmt: skip
        self.sequencer.round()

    def sql(self, text: str, **values: Any) -> None:
        self.store._database.write(lambda connection: connection.execute(sa.text(text), values))

    def check(self, mac_key: bytes | None = audit_key()) -> Findings:
        return verify(self.store, TENANT, SIGNER.public_key, mac_key, self.outside)

    def bundle(self, whole: bool = True) -> dict[str, Any]:
        newest = audit_bundle.newest(self.store)
        rows = audit_bundle.chosen(self.store, [AuditFilter(since=1, until=5)], newest.size)
        return audit_bundle.bundle(self.store, SIGNER.key_text, rows, newest, whole)


@pytest.fixture
def record(sqlite_url: str, tmp_path: Path) -> Iterator[Record]:
    import threading

    migrate(sqlite_url)
    store = SqlStore(sqlite_url, TENANT, audit_key)
    outside, keeper = OutsideFile(tmp_path / "checkpoints"), NoKeeper()
    sequencer = Sequencer(store, keeper, SIGNER.note, outside, Metrics(), threading.Event())  # type: ignore[arg-type]
    made = Record(store, Path(sqlite_url.removeprefix("sqlite:///")), outside, keeper, sequencer)
    for rows in (4, 3, 2):
        made.write(rows)
    yield made
    store.close()


def test_an_untouched_record_is_right(record: Record) -> None:
    found = record.check()

    assert (found.wrong, found.rows, found.checkpoints, found.unsigned) == ([], 9, 3, 0)
    assert [(one.text, one.whole) for one in record.outside.standing()] == [(one, True) for one in record.keeper.told]
    assert record.store.audit_head().since is None
    assert record.outside.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.rule("R48")
def test_no_more_checkpoints_are_in_memory_than_are_read_at_once(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given 63 checkpoints, of which ten are read at once
    When the record is verified
    Then at no moment more than those ten are there, and a few in hand
    """
    for _ in range(60):
        record.write(1)
    monkeypatch.setattr(audit_check, "_PAGE", 10)
    there: list[int] = []

    def counted(*arguments: Any) -> verifier.Checkpoint:
        gc.collect()
        there.append(sum(isinstance(one, (verifier.Checkpoint, KeptNote, Standing)) for one in gc.get_objects()))
        return read_signed(*arguments)

    read_signed = audit_check.read_signed
    before = sum(isinstance(one, (verifier.Checkpoint, KeptNote, Standing)) for one in gc.get_objects())
    monkeypatch.setattr(audit_check, "read_signed", counted)

    found = record.check()

    assert (found.wrong, found.checkpoints, len(there)) == ([], 63, 63)
    assert max(there) - before <= 10 + 5


@pytest.mark.rule("R48")
@pytest.mark.slow
def test_each_byte_of_each_row_counts(record: Record) -> None:
    """Flip every byte of text and HMAC of every row: found, and the row is named, with and without the master key."""
    for row in record.store.audit_leaves(0, 9):
        for column, text in (("text", row.text), ("mac", row.mac)):
            for place in range(0, len(text), 1 if row.leaf == 4 else 23):
                flipped = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
                record.sql(f"UPDATE audit_rows SET {column} = :t WHERE id = :id", t=flipped, id=row.id)  # noqa: S608

                found = record.check()

                assert f"row {row.leaf} (id {row.id}): its HMAC does not fit" in found.wrong[0]
                record.sql(f"UPDATE audit_rows SET {column} = :t WHERE id = :id", t=text, id=row.id)  # noqa: S608
        assert record.check(None).wrong == []


@pytest.mark.slow
def test_each_byte_of_each_checkpoint_in_the_database_counts(record: Record) -> None:
    for kept in record.store.audit_checkpoints():
        for place in range(len(kept.note)):
            flipped = kept.note[:place] + chr(ord(kept.note[place]) ^ 1) + kept.note[place + 1 :]
            record.sql("UPDATE audit_checkpoints SET note = :n WHERE size = :s", n=flipped, s=kept.size)
            assert record.check().wrong, place
        record.sql("UPDATE audit_checkpoints SET note = :n WHERE size = :s", n=kept.note, s=kept.size)
    assert record.check().wrong == []


@pytest.mark.slow
def test_each_byte_of_the_file_outside_counts(record: Record) -> None:
    content = record.outside.path.read_bytes()
    for place in range(len(content)):
        flipped = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        record.outside.path.write_bytes(flipped)
        assert record.check().wrong, place
    for length in range(0, len(content), 5):
        record.outside.path.write_bytes(content[:length])
        assert record.check().wrong, length
    record.outside.path.write_bytes(content)
    assert record.check().wrong == []


def dropped(record: Record) -> None:
    record.sql("DELETE FROM audit_rows WHERE leaf = 4")


def dropped_and_closed_up(record: Record) -> None:
    record.sql("DELETE FROM audit_rows WHERE leaf = 4")
    for leaf in range(5, 9):
        record.sql("UPDATE audit_rows SET leaf = :to WHERE leaf = :at", to=leaf - 1, at=leaf)


def reordered(record: Record) -> None:
    for at, to in ((2, 100), (3, 2), (100, 3)):
        record.sql("UPDATE audit_rows SET leaf = :to WHERE leaf = :at", to=to, at=at)


def truncated(record: Record) -> None:
    record.sql("DELETE FROM audit_rows WHERE leaf >= 7")


def truncated_with_its_checkpoint(record: Record) -> None:
    truncated(record)
    record.sql("DELETE FROM audit_checkpoints WHERE size > 7")
    record.sql("UPDATE audit_state SET size = 7, anchored = 7")


def appended(record: Record) -> None:
    row = record.store.audit_leaves(0, 1)[0]
    record.sql(
        "INSERT INTO audit_rows (tenant, at, leaf, text, mac) VALUES (:t, 1, 9, :x, :m)",
        t=TENANT, x=row.text, m=row.mac,
    )  # fmt: skip


def tail_replaced_by_who_has_the_master_key(record: Record) -> None:
    """Rows from 7 on are other ones with HMACs that fit, and the tree agrees; only the signing key is not there."""
    thief = Signer(b"t" * 32, TENANT)
    tree = Frontier()
    for row in record.store.audit_leaves(0, 9):
        text = row.text if row.leaf is not None and row.leaf < 7 else row.text.replace("why", "who")
        mac = row_mac(audit_key(), text)
        record.sql("UPDATE audit_rows SET text = :t, mac = :m WHERE id = :id", t=text, m=mac, id=row.id)
        tree.append(leaf_hash(leaf_data(text, mac)))
    note = thief.note(9, tree.root(), 7)
    record.sql("UPDATE audit_checkpoints SET note = :n WHERE size = 9", n=note)
    record.sql("UPDATE audit_state SET frontier = :f", f=json.dumps([one.hex() for one in tree.hashes]))


@pytest.mark.rule("R48")
@pytest.mark.parametrize(
    ("attack", "said"),
    [
        (dropped, "row 4 is missing"),
        (dropped_and_closed_up, "rows 4 to 6: not those that the checkpoint of 7 rows signed"),
        (reordered, "rows 0 to 3: not those that the checkpoint of 4 rows signed"),
        (truncated, "rows 7 to 8 are missing: a checkpoint covers 9 rows"),
        (truncated_with_its_checkpoint, "checkpoint of 9 rows: outside, but not in the database"),
        (appended, "rows from 9 on have a place and no checkpoint"),
        (tail_replaced_by_who_has_the_master_key, "checkpoint of 9 rows in the database: not as it was signed"),
    ],
)
def test_rows_dropped_reordered_truncated_appended_replaced(
    record: Record, attack: Callable[[Record], None], said: str
) -> None:
    attack(record)

    for mac_key in (audit_key(), None):
        assert any(said in one for one in record.check(mac_key).wrong), record.check(mac_key).wrong


@pytest.mark.rule("R48")
def test_a_database_rolled_back_to_an_older_one(record: Record, tmp_path: Path) -> None:
    """Everything in it fits together; what stands outside is longer. It stays so when the hub goes on from there."""
    older = tmp_path / "older"
    older.mkdir()
    record.store.close()
    for part in record.file.parent.glob(f"{record.file.name}*"):
        shutil.copy(part, older / part.name)
    record.write(2)
    record.store.close()
    for part in record.file.parent.glob(f"{record.file.name}*"):
        part.unlink()
    for part in older.glob(f"{record.file.name}*"):
        shutil.copy(part, record.file.parent / part.name)

    assert any("checkpoint of 11 rows: outside, but not in the database" in one for one in record.check().wrong)
    record.write(5)
    assert record.check().wrong


def test_a_note_that_a_crash_cut_off_is_followed_by_the_whole_one(record: Record) -> None:
    content = record.outside.path.read_bytes()
    whole = len("".join(f"{note}\n" for note in record.keeper.told[:2]).encode())
    for length in (whole, whole + 1, whole + 40, len(content) - 60, len(content) - 2, len(content) - 1):
        record.outside.path.write_bytes(content[:length])
        record.store.verified_audit(0)

        record.sequencer.round()

        assert record.check().wrong == [], length


def test_checkpoints_that_cannot_be_written_outside_do_not_count(record: Record) -> None:
    """The disk is full: rows are signed, but not covered; when it takes writes again all is made up for."""
    folder = record.outside.path.parent
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.write_text("in the way")
    record.write(2)
    record.write(1)
    assert (record.store.audit_head().size, record.store.audit_head().anchored) == (12, 9)
    assert record.store.audit_head().since == 9

    folder.unlink()
    aside.rename(folder)
    record.sequencer.round()

    assert record.store.audit_head().since is None
    assert (record.check().wrong, record.check().checkpoints) == ([], 5)


# --- bundles ----------------------------------------------------------------------------------------------------------


def test_a_bundle_of_a_period_fits(record: Record) -> None:
    made = record.bundle()

    assert problems(made) == []
    assert problems(made, SIGNER.key_text) == []
    assert [row["leaf"] for row in made["rows"]] == [1, 2, 3, 4]
    assert problems(made, Signer(b"t" * 32, TENANT).key_text) == [
        "the bundle was signed with another key than the one given"
    ]


def test_each_byte_of_a_bundle_counts(record: Record) -> None:
    """Rows, HMACs, places, proofs, checkpoints, consistency: every character flipped."""
    made = record.bundle()

    def flips(text: str) -> Iterator[str]:
        for place in range(len(text)):
            yield text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]

    for number, row in enumerate(made["rows"]):
        changed: list[dict[str, Any]] = [row | {name: text} for name in ("text", "mac") for text in flips(row[name])]
        changed += [row | {"leaf": row["leaf"] + by} for by in (-1, 1, 100)]
        for place, one in enumerate(row["proof"]):
            changed += [row | {"proof": [*row["proof"][:place], t, *row["proof"][place + 1 :]]} for t in flips(one)]
        for each in changed[:: 1 if number == 0 else 17]:
            rows = [*made["rows"][:number], each, *made["rows"][number + 1 :]]
            assert problems(made | {"rows": rows}), each
    for name in ("covering", "newest", "key"):
        for text in list(flips(made[name]))[::3]:
            assert problems(made | {name: text}), text
    assert made["consistency"]
    for text in flips(made["consistency"][0]):
        assert problems(made | {"consistency": [text, *made["consistency"][1:]]})


def test_a_bundle_with_rows_dropped_reordered_or_added(record: Record) -> None:
    made = record.bundle()
    rows = made["rows"]
    for wrong in (
        [rows[0], rows[2], rows[3]],  # left out between
        [rows[1], rows[0], *rows[2:]],
        [rows[0], *rows],
        [*rows, rows[0] | {"leaf": 5}],
    ):
        assert problems(made | {"rows": wrong})
    for missing in made:
        assert problems({name: value for name, value in made.items() if name != missing})
    assert problems(made | {"rows": [{"leaf": 0}]})
    assert problems(made | {"form": 2})


def test_a_period_with_a_row_left_out_cannot_pass_as_one(record: Record) -> None:
    """Given a bundle of a period
    When somebody takes a row out of the middle, and has the bundle say that its rows were chosen
    Then that is what the verifier prints: every row that is left is true, and it is no period any more
    """
    made = record.bundle()
    assert verifier.extent(made) == "every row from 1 to 4 is in it"
    rows = made["rows"]

    less = made | {"rows": [rows[0], rows[2], rows[3]]}
    chosen = less | {"whole": False}

    assert problems(less) == ["rows between the first and the last are left out"]
    assert problems(chosen) == []
    assert verifier.extent(chosen) == "these rows were chosen: others, between them as well, are not in it"
    assert problems(less | {"whole": "no"}) != []


def test_a_bundle_of_another_tree_signed_by_another(record: Record) -> None:
    """A forger with a key of his own makes a bundle that fits itself; the city's key tells."""
    forger = Signer(b"t" * 32, TENANT)
    tree = Frontier()
    rows = record.bundle()["rows"][:1]
    tree.append(leaf_hash(leaf_data(rows[0]["text"], rows[0]["mac"])))
    note = forger.note(1, tree.root(), 7)
    made = {
        "form": 1, "key": forger.key_text, "whole": True, "covering": note, "newest": note, "consistency": [],
        "rows": [rows[0] | {"leaf": 0, "proof": []}],
    }  # fmt: skip

    assert problems(made) == []
    assert problems(made, SIGNER.key_text)


@pytest.fixture
def packed(record: Record, tmp_path: Path) -> Path:
    path = tmp_path / "evidence.zip"

    def create(file: Path) -> int:
        import os

        return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)

    audit_bundle.write(path, record.bundle(), create)
    return path


def bare(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A Python that has nothing: isolated, without site-packages."""
    return subprocess.run(
        [sys.executable, "-I", "-S", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


def test_a_bare_python_checks_a_bundle(packed: Path, tmp_path: Path) -> None:
    alone = tmp_path / "elsewhere"
    alone.mkdir()
    shutil.copy(verifier.__file__, alone / "verifier.py")
    shutil.copy(packed, alone / "bundle")

    by_itself = bare("bundle", folder=alone)
    by_the_file = bare("verifier.py", "bundle", "--key", SIGNER.key_text, folder=alone)

    assert (by_itself.returncode, by_the_file.returncode) == (0, 0), by_itself.stderr + by_the_file.stderr
    assert "everything fits: 4 rows of renkei-hub/141305" in by_itself.stdout
    assert "every row from 1 to 4 is in it" in by_itself.stdout
    assert "Compare the key" in by_itself.stdout
    assert "Compare the key" not in by_the_file.stdout
    wrong = bare("verifier.py", "bundle", "--key", Signer(b"t" * 32, TENANT).key_text, folder=alone)
    assert (wrong.returncode, "WRONG" in wrong.stdout) == (1, True)
    (alone / "bundle").write_bytes(packed.read_bytes()[:-30])
    assert bare("verifier.py", "bundle", folder=alone).returncode == 2
    assert bare("verifier.py", "nothing", folder=alone).returncode == 2
    assert bare("verifier.py", folder=alone).returncode == 2


@pytest.mark.rule("R70")
def test_the_selection_by_person_names_all_and_no_other(record: Record) -> None:
    """R70: what is recorded about one person, accesses included."""
    other = replace(PERSON, aliases=(Alias("addressee_number", "cd34"),))
    record.store.record([Entry("reveal.field", ("dead:1",), 50, (other,), "a complaint")])
    record.sequencer.round()
    newest = audit_bundle.newest(record.store)

    rows = audit_bundle.chosen(record.store, [AuditFilter(persons=("cd34",))], newest.size)

    assert [json.loads(row.text)["act"] for row in rows] == ["reveal.field"]
    assert problems(audit_bundle.bundle(record.store, SIGNER.key_text, rows, newest, False)) == []
