"""The schema: made by migrations, checked at start."""

import multiprocessing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from hub.errors import ConfigError, StoreUnavailable
from hub.ports.retention import BatchState
from hub.ports.store import Alias, Child, DeadFilter, PersonRef, Progress, SealedBody, Waiting, WrappedKey
from hub.store import SqlStore, migrate
from hub.store.schema import configuration
from hub.store.tables import SCHEMA_VERSION, metadata
from tests.audit import audit_key
from tests.contract.store.samples import DELIVERY, INTAKE, dead, new_id, settled


def execute(url: str, statement: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()


def test_an_empty_database_is_migrated_once_and_then_left_alone(empty_url: str) -> None:
    migrate(empty_url)
    store = SqlStore(empty_url, "141305", audit_key)
    store.check()
    message = new_id()
    store.settle([settled(message)])

    migrate(empty_url)

    assert message in store.known(INTAKE, [message])
    store.close()


def test_migrations_make_exactly_the_tables_of_the_code(empty_url: str) -> None:
    migrate(empty_url)

    engine = sa.create_engine(empty_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()

    assert differences == []


def test_the_newest_migration_is_the_version_the_code_asks_for() -> None:
    assert ScriptDirectory.from_config(configuration()).get_heads() == [SCHEMA_VERSION]


def test_every_table_is_scoped_by_tenant() -> None:
    assert all("tenant" in table.c for table in metadata.tables.values())


def test_several_processes_may_migrate_at_once(empty_url: str) -> None:
    workers = [multiprocessing.get_context("spawn").Process(target=migrate, args=(empty_url,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * 4

    store = SqlStore(empty_url, "141305", audit_key)
    store.check()
    store.close()


def test_letters_from_before_their_names_were_kept_apart_are_found_by_person(empty_url: str) -> None:
    migrate(empty_url)
    store = SqlStore(empty_url, "141305", audit_key)
    twice = PersonRef("subject", (Alias("addressee_number", "a"), Alias("individual_number", "b")))
    letters = {
        new_id(): (twice, PersonRef("guardian", (Alias("addressee_number", "b"),))),
        new_id(): (PersonRef("subject", (Alias("addressee_number", "c"),)),),
        new_id(): (),
    }
    for one, persons in letters.items():
        letter = dead(one)
        assert letter.dead is not None
        store.settle([replace(letter, dead=replace(letter.dead, persons=persons))])
    execute(empty_url, "DROP TABLE retention_items")
    execute(empty_url, "ALTER TABLE sequence DROP COLUMN persons")
    execute(empty_url, "ALTER TABLE replay_plans DROP COLUMN judged_at")
    execute(empty_url, "DROP TABLE dead_letter_names")
    execute(empty_url, "DROP INDEX ix_dead_letters_source")
    execute(empty_url, "UPDATE alembic_version SET version_num = '0018'")

    migrate(empty_url)

    first, second, _nobody = letters
    for hash_, found in {"a": [first], "b": [first], "c": [second], "d": []}.items():
        assert [one.message_id for one in store.dead_letters(DeadFilter(persons=(hash_,)))] == found
    store.close()


def test_waiting_messages_from_before_their_persons_were_kept_are_found_by_person(empty_url: str) -> None:
    """One is sealed under the key of its person, one died before, and of one nothing is known but its own key."""
    migrate(empty_url)
    store = SqlStore(empty_url, "141305", audit_key)
    number, card = Alias("addressee_number", "a"), Alias("individual_number", "b")
    owner = store.person_id(PersonRef("subject", (number, card)))
    for key_id, purpose, subject in (("own", "person", owner), ("case 1", "case", None), ("case 2", "case", None)):
        store.add_key(WrappedKey(key_id, purpose, subject, b"wrapped", 1))
    own, died, unknown = (_waiting(store, key_id) for key_id in ("own", "case 1", "case 2"))
    letter = dead(died, sequenced=True)
    assert letter.dead is not None
    child = PersonRef("subject", (Alias("addressee_number", "c"),))
    store.settle([replace(letter, dead=replace(letter.dead, persons=(child,)))])
    execute(empty_url, "DROP TABLE retention_items")
    execute(empty_url, "ALTER TABLE sequence DROP COLUMN persons")
    execute(empty_url, "UPDATE alembic_version SET version_num = '0020'")

    migrate(empty_url)

    for alias, waiting in ((number, [own]), (card, [own]), (child.aliases[0], [died])):
        bodies = [one.body.ciphertext for one in store.bodies_of([alias]) if one.what.startswith("waiting:")]
        assert bodies == [one.encode() for one in waiting]
    assert {one.message_id for one in store.claim_releasable(DELIVERY, 0, 1, 10)} == {own, died, unknown}
    store.close()


def test_a_deletion_listed_before_its_rows_were_kept_has_to_be_planned_again(empty_url: str) -> None:
    migrate(empty_url)
    store = SqlStore(empty_url, "141305", audit_key)
    batch = store.list_batch(1, "clerk", 5)
    execute(empty_url, "DROP TABLE retention_items")
    execute(empty_url, "UPDATE alembic_version SET version_num = '0021'")

    migrate(empty_url)

    found = store.batch(batch)
    assert found is not None
    assert (found.state, found.note) == (BatchState.CANCELLED, "listed by an earlier version: plan it again")
    store.close()


def _waiting(store: SqlStore, key_id: str) -> str:
    """A message of a record of its own that waits, sealed under this key."""
    waits = new_id()
    store.settle([settled(new_id(), children=(Child(DELIVERY, waits, "eligibility.registration", "digest", waits),))])
    kept = Waiting(waits, "{}", SealedBody(key_id, waits.encode()))
    store.settle([replace(settled(waits, Progress.WAITING, hop=DELIVERY, sequenced=True), waiting=kept)])
    return waits


def test_an_empty_database_is_not_ready(empty_url: str) -> None:
    if empty_url.startswith("sqlite"):
        execute(empty_url, "CREATE TABLE other (x INTEGER)")
    store = SqlStore(empty_url, "141305", audit_key)

    with pytest.raises(StoreUnavailable, match="renkei migrate"):
        store.check()
    with pytest.raises(StoreUnavailable, match="renkei migrate"):
        store.settle([settled(new_id())])
    store.close()


@pytest.mark.parametrize("version", ["0000", "9999"])
def test_another_schema_version_is_not_ready(empty_url: str, version: str) -> None:
    migrate(empty_url)
    execute(empty_url, f"UPDATE alembic_version SET version_num = '{version}'")  # noqa: S608 - two literals
    store = SqlStore(empty_url, "141305", audit_key)

    with pytest.raises(StoreUnavailable, match=f"at {version}.*needs {SCHEMA_VERSION}"):
        store.check()
    store.close()


@pytest.mark.parametrize("url", ["", "hub.db", "sqlite://", "sqlite:///:memory:", "mysql://a:secret@b/c", "::secret"])
def test_other_addresses_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        SqlStore(url, "141305", audit_key)
    assert "secret" not in str(refused.value)


def test_a_postgresql_address_needs_no_driver_name(postgres_url: str) -> None:
    plain = postgres_url.replace("+psycopg", "")
    migrate(plain)
    store = SqlStore(plain, "141305", audit_key)
    store.check()
    assert store.dialect == "postgresql"
    store.close()


def test_sqlite_files_are_for_their_owner_alone(sqlite_url: str) -> None:
    migrate(sqlite_url)
    store = SqlStore(sqlite_url, "141305", audit_key)
    store.check()

    file = Path(sqlite_url.removeprefix("sqlite:///"))
    modes = {one.name: one.stat().st_mode & 0o777 for one in file.parent.glob("hub.sqlite*")}
    store.close()
    assert modes
    assert set(modes.values()) == {0o600}


def test_sqlite_commits_are_durable(sqlite_url: str) -> None:
    migrate(sqlite_url)
    store = SqlStore(sqlite_url, "141305", audit_key)

    settings = store._database.write(
        lambda connection: [
            connection.execute(sa.text(f"PRAGMA {name}")).scalar_one() for name in ("journal_mode", "synchronous")
        ]
    )
    store.close()
    assert settings == ["wal", 2]  # 2: FULL


def test_postgresql_commits_are_durable_whatever_the_server_says(postgres_url: str) -> None:
    name = postgres_url.rpartition("/")[2]
    migrate(postgres_url)
    execute(postgres_url, f"ALTER DATABASE {name} SET synchronous_commit = off")
    store = SqlStore(postgres_url, "141305", audit_key)

    setting = store._database.read(lambda c: c.execute(sa.text("SHOW synchronous_commit")).scalar_one())
    store.close()
    assert setting == "on"


def test_no_part_of_the_store_hides_a_method_of_another() -> None:
    """They share one object; parts are everything between it and what they have in common."""
    hidden: dict[str, set[str]] = {}
    parts = [part for part in SqlStore.__mro__[1:] if part.__module__ != "hub.store.scoped" and part is not object]
    for part in parts:
        for name in vars(part).keys() - {"__doc__", "__module__", "_prepare"}:
            hidden.setdefault(name, set()).add(part.__name__)

    assert {name: where for name, where in hidden.items() if len(where) > 1 and not name.startswith("__")} == {}
