"""The commands as an operator's scripts see them: exit codes, one JSON value, error cards on standard error."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from hub.brokers.management import Management
from hub.client import Publication
from hub.codes import CODES
from hub.sandbox.city import City
from hub.sandbox.flows.resident_change import PURPOSE, SENDER, TYPE
from hub.sandbox.letters import resident_change
from hub.sandbox.process import free_ports, wait_until
from tests.installation import Installation, edit_settings, own_config

OK, FAILED, USAGE, CONFIG, UNAVAILABLE, REFUSED = range(6)
ASKED = 7
MEMORY = "memory://"
DEADLINE = 30.0


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Installation]:
    """An empty place for a home, without a broker."""
    made = Installation(tmp_path / "home", MEMORY, "")
    yield made
    made.close()


@pytest.fixture
def initialised(home: Installation) -> Installation:
    home.renkei("init", "--sandbox", "--amqp-url", MEMORY)
    return home


@pytest.fixture
def applied(installed: Installation) -> Installation:
    installed.init()
    installed.apply()
    return installed


def card(code: str) -> tuple[str, ...]:
    """What must stand on standard error for a code: title and next step, in both languages."""
    found = CODES[code]
    return found.title, found.title_ja, f"({code})", found.next_step_ja.split("。")[0]


def explains(text: str, code: str) -> bool:
    flat = "".join(text.split())
    return all("".join(words.split()) in flat for words in card(code))


# --- a home and its files ---


def test_init_makes_a_home_that_others_cannot_read(home: Installation) -> None:
    done = home.renkei("init", "--amqp-url", MEMORY)

    assert f"created {home.root}" in done.stdout
    assert "Back up keys/master.key" in done.stdout
    assert stat.S_IMODE(home.root.stat().st_mode) == 0o700
    files = [
        home.root / "hub.toml",
        home.root / "keys/master.key",
        home.root / "keys/audit.key",
        *(home.root / "secrets").iterdir(),
    ]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    users = {file.stem for file in (home.root / "secrets").iterdir()}
    assert users == {"renkei", "renkei-keeper", "renkei-watch", *home.app.registry.doors()}


def test_a_password_in_the_address_is_the_one_the_hubs_user_gets(home: Installation) -> None:
    home.renkei("init", "--amqp-url", "amqp://renkei:s%40cret@broker/%2F")
    assert home.app.home.password("renkei") == "s@cret"
    assert stat.S_IMODE((home.root / "secrets/renkei.password").stat().st_mode) == 0o600


def test_schemas_for_editors_are_printed_and_written(home: Installation, tmp_path: Path) -> None:
    assert "config/routes/*.toml" in home.renkei("schema").stdout
    printed = json.loads(home.renkei("schema", "route").stdout)
    assert printed["properties"]["to"]["items"] == {"$ref": "#/$defs/RouteTarget"}

    home.renkei("schema", "--into", str(tmp_path / "own"))

    assert json.loads((tmp_path / "own/config/json-schema/route.json").read_text(encoding="utf-8")) == printed
    assert (tmp_path / "own/.taplo.toml").is_file()
    (tmp_path / "closed").write_text("")
    refused = home.renkei("schema", "--into", str(tmp_path / "closed" / "own"), expect=REFUSED)
    assert "name a folder you may write" in " ".join(refused.stderr.split())


def test_init_does_not_touch_an_installation(initialised: Installation) -> None:
    before = {file: file.read_bytes() for file in initialised.root.rglob("*") if file.is_file()}

    refused = initialised.renkei("init", "--amqp-url", "amqp://other", expect=CONFIG)

    assert "this is an installation already" in refused.stderr
    assert explains(refused.stderr, "config.invalid")
    assert {file: file.read_bytes() for file in before} == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("dead",),
        ("dead", "show"),
        ("dead", "show", "x"),
        ("dead", "replay", "--reason", "r"),
        ("dead", "discard", "1"),
        ("run", "--role", "nonsense"),
        ("send", "welfare"),
        ("connector", "pause", "welfare"),
        ("--log-level", "nonsense", "lint"),
        ("dead", "list", "--state", "nonsense"),
    ],
)
def test_wrong_arguments_end_with_2_and_say_why(initialised: Installation, arguments: tuple[str, ...]) -> None:
    refused = initialised.renkei(*arguments, expect=USAGE)
    assert refused.stderr or "Usage" in refused.stdout
    assert "Traceback" not in refused.stderr


def test_lint_is_content_with_what_is_shipped_and_names_file_line_and_fix_of_what_is_not(home: Installation) -> None:
    assert home.json("lint") == []
    assert "Findings: none" in home.renkei("lint").stdout

    # Given: an edge is missing and a grant has a misspelt key
    config = own_config(home)
    (config / "edges/welfare.toml").unlink()
    grants = config / "grants/welfare.toml"
    grants.write_text(grants.read_text(encoding="utf-8").replace("purposes", "purpose", 1), encoding="utf-8")

    findings = home.json("lint", expect=FAILED)

    assert {Path(finding["file"]).name for finding in findings} >= {"welfare.toml"}
    assert all(finding["rule"] and finding["message"] and finding["fix"] for finding in findings)
    misspelt = next(
        finding for finding in findings if finding["file"] == str(grants) and "known key" in finding["message"]
    )
    assert misspelt["line"] and "did you mean `purposes`?" in misspelt["fix"]


def test_a_wrong_setting_is_a_card_with_file_line_and_fix(initialised: Installation) -> None:
    initialised.configure("batchsize = 3\n")
    line = len((initialised.root / "hub.toml").read_text().splitlines())

    for command in (("run",), ("dead", "list"), ("reconcile", "--json"), ("topology", "plan"), ("migrate",)):
        refused = initialised.renkei(*command, expect=CONFIG)
        assert refused.stdout == ""
        assert f"hub.toml:{line}: batchsize is not a known key" in refused.stderr
        assert explains(refused.stderr, "config.invalid")


def test_without_a_home_every_command_says_how_to_make_one(home: Installation) -> None:
    for command in (("run",), ("dead", "list"), ("trace", str(uuid4())), ("migrate",), ("reconcile",)):
        assert "renkei init" in home.renkei(*command, expect=CONFIG).stderr


def test_a_database_that_is_not_up_to_date_is_said_so_and_migrate_repairs_it(initialised: Installation) -> None:
    # Given
    (initialised.root / "data/hub.db").write_bytes(b"")

    # When, Then
    refused = initialised.renkei("run", expect=UNAVAILABLE)
    assert "renkei migrate" in refused.stderr
    assert explains(refused.stderr, "store.unavailable")
    initialised.renkei("migrate")
    assert initialised.json("dead", "list") == []
    assert "database is up to date" in initialised.renkei("migrate").stdout


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda key: key.chmod(0o640), "accessible to other users: chmod 600"),
        (lambda key: key.chmod(0o604), "accessible to other users: chmod 600"),
        (lambda key: key.unlink(), "cannot be read"),
        (lambda key: key.write_bytes(b"short"), "has 5 bytes, expected 32"),
    ],
)
def test_a_master_key_that_is_not_protected_is_refused(
    initialised: Installation, spoil: Callable[[Path], object], words: str
) -> None:
    spoil(initialised.root / "keys/master.key")

    refused = initialised.renkei("run", expect=CONFIG)

    assert words in " ".join(refused.stderr.split())
    assert explains(refused.stderr, "config.key_file")


def test_another_installations_master_key_is_refused(applied: Installation) -> None:
    # Given: a store with a key in it, and then another master key
    process = applied.run()
    applied.publish(SENDER, [Publication(TYPE, resident_change(next(City(1, 20).changes())), PURPOSE)])
    wait_until(lambda: bool(applied.app.store.balances()), "taken in", DEADLINE)
    assert process.stop() == 0
    (applied.root / "keys/master.key").write_bytes(os.urandom(32))

    refused = applied.renkei("run", expect=CONFIG)
    assert "does not open this store's keys" in refused.stderr


# --- messages and dead letters ---


@pytest.fixture
def with_letters(applied: Installation) -> Installation:
    """One message on its way to a partner that cannot be reached, and three dead letters: of schema, purpose, id."""
    process = applied.run()
    letters = [Publication(TYPE, resident_change(change), PURPOSE) for change in _changes(2)]
    bad = [
        letters[0],
        Publication(TYPE, b"<x/>", PURPOSE),
        Publication(TYPE, letters[1].body, "another.purpose"),
        Publication(TYPE, letters[1].body, PURPOSE, message_id="no-uuid"),
    ]
    applied.publish(SENDER, bad)

    def settled() -> bool:
        dead = sum(count for *_, count, _ in applied.app.store.dead_counts())
        forwarded = any(entry.outcome == "forwarded" for entry in applied.app.store.trace(bad[0].message_id))
        return dead == 3 and forwarded

    process.await_(settled, "three dead letters and a message on its way")
    assert process.stop() == 0
    return applied


def _changes(count: int) -> list:  # type: ignore[type-arg]
    changes = City(seed=5, persons=20).changes()
    return [next(changes) for _ in range(count)]


def test_send_publishes_a_file_and_trace_shows_its_way(applied: Installation, tmp_path: Path) -> None:
    # Given
    file = tmp_path / "change.xml"
    file.write_bytes(resident_change(_changes(1)[0]))
    options = ("--type", TYPE, "--purpose", PURPOSE)
    process = applied.run()

    # When
    message_id = applied.json("send", SENDER, str(file), *options)["message_id"]
    given = str(uuid4())
    assert applied.renkei("send", SENDER, str(file), *options, "--message-id", given).stdout.strip() == given

    # Then
    wait_until(lambda: len(applied.app.store.trace(message_id)) >= 2, "it is on its way", DEADLINE)
    entries = applied.json("trace", message_id)
    assert (entries[0]["hop"], entries[0]["outcome"], entries[0]["message_id"]) == (
        f"intake.{SENDER}", "forwarded", message_id,
    )  # fmt: skip
    assert entries[1]["hop"] == "delivery.integration_platform"
    table = applied.renkei("trace", message_id).stdout
    assert "forwarded" in table
    assert message_id in table
    assert process.stop() == 0

    # And what cannot be sent or found ends with 5, or with 3 where there is no such partner
    unknown = applied.renkei("trace", str(uuid4()), "--json", expect=REFUSED)
    assert json.loads(unknown.stdout) == []
    assert "no such message" in unknown.stderr
    assert "nobody.password" in applied.renkei("send", "nobody", str(file), *options, expect=CONFIG).stderr
    (applied.root / "secrets" / f"{SENDER}.password").write_text("wrong")
    refused = applied.renkei("send", SENDER, str(file), *options, expect=REFUSED)
    assert explains(refused.stderr, "publish.forbidden")


def test_dead_letters_are_listed_shown_replayed_and_discarded(with_letters: Installation) -> None:
    hub = with_letters

    # list, with its filters
    found = {letter["code"]: letter for letter in hub.json("dead", "list")}
    assert set(found) == {"validate.schema", "authorise.purpose", "receive.id_format"}
    assert [one["code"] for one in hub.json("dead", "list", "--code", "validate.schema")] == ["validate.schema"]
    assert hub.json("dead", "list", "--partner", "welfare") == []
    assert len(hub.json("dead", "list", "--hop", f"intake.{SENDER}", "--type", TYPE)) == 2
    assert len(hub.json("dead", "list", "--limit", "1")) == 1
    assert hub.json("dead", "list", "--state", "replayed") == []
    assert "authorise.purpose" in hub.renkei("dead", "list").stdout

    # show
    ids = {code: str(letter["id"]) for code, letter in found.items()}
    shown = hub.json("dead", "show", ids["authorise.purpose"])
    assert shown["replayable"]
    assert shown["card"]["actor"] == "operator"
    assert not hub.json("dead", "show", ids["receive.id_format"])["replayable"]
    text = hub.renkei("dead", "show", ids["authorise.purpose"]).stdout
    assert CODES["authorise.purpose"].next_step_ja in text
    missing = hub.renkei("dead", "show", "999", expect=REFUSED)
    assert "no dead letter 999" in missing.stderr
    assert missing.stdout == ""

    # replay: only what the hub may send again
    refused = hub.renkei("dead", "replay", ids["receive.id_format"], "--reason", "r", "--yes", expect=REFUSED)
    assert explains(refused.stderr, "replay.sender_only")
    counts = hub.json("dead", "replay", "--hop", f"intake.{SENDER}", "--reason", "purpose registered")
    assert counts == {"selected": 3, "replayed": 2, "sender_only": 1, "request": None}
    assert {one["code"] for one in hub.json("dead", "list", "--state", "replayed")} == {
        "validate.schema", "authorise.purpose",
    }  # fmt: skip
    again = hub.renkei("dead", "replay", ids["validate.schema"], "--reason", "r", "--yes", expect=REFUSED)
    assert explains(again.stderr, "replay.sender_only")

    # discard: asked for, and not done by the same person
    asked = hub.json("dead", "discard", ids["receive.id_format"], "--reason", "sent again", expect=ASKED)
    assert asked["selected"] == 1
    own = hub.renkei("approval", "approve", str(asked["request"]), "--reason", "mine", expect=REFUSED)
    assert explains(own.stderr, "approval.same_person")
    assert [one["yours"] for one in hub.json("approval", "list")] == [True]
    assert hub.json("dead", "show", ids["receive.id_format"])["state"] == "open"
    closed = hub.renkei("dead", "discard", ids["validate.schema"], "--reason", "again", "--yes", expect=REFUSED)
    assert explains(closed.stderr, "approval.letter")

    # the books: two replays and a waiting delivery are in the queues
    books = hub.json("reconcile")
    assert books["matches"]


def test_nobody_is_asked_twice_and_a_no_changes_nothing(with_letters: Installation) -> None:
    letter = str(with_letters.json("dead", "list", "--code", "authorise.purpose")[0]["id"])

    for act in ("replay", "discard"):
        refused = with_letters.renkei("dead", act, letter, "--reason", "r", expect=FAILED)  # standard input is empty
        assert "Aborted" in refused.stderr

    assert len(with_letters.json("dead", "list")) == 3


@pytest.mark.rule("R66")
def test_reconcile_ends_with_1_when_a_message_is_missing(with_letters: Installation) -> None:
    assert with_letters.json("reconcile")["matches"]

    # Given: somebody empties a queue or tier behind the hub's back
    queues = ["delivery.integration_platform", *(f"retry.{tier}" for tier in with_letters.app.settings.tiers)]
    for queue in queues:
        with_letters.app.broker.depth(queue)
    wait_until(lambda: with_letters.app.broker.depth(queues[0]) == 1, "the message came home", DEADLINE)
    _purge(with_letters, queues[0])

    # When, Then
    books = with_letters.json("reconcile", expect=FAILED)
    assert (books["matches"], books["queued"], books["unaccounted"]) == (False, 0, 1)
    assert "in the queues: 0; in progress by the books: 1" in with_letters.renkei("reconcile", expect=FAILED).stdout


def _purge(hub: Installation, queue: str) -> None:
    management = Management(hub.administrator)
    management.call("DELETE", "queues", hub.app.vhost, queue, "contents")
    management.close()


def test_a_paused_connector_says_so_until_it_is_resumed(applied: Installation) -> None:
    def circuits() -> dict[str, object]:
        return {one["name"]: (one["paused"], one["paused_reason"]) for one in applied.json("connector", "list")}

    assert circuits()["welfare"] == (False, None)

    applied.renkei("connector", "pause", "welfare", "--reason", "maintenance until nine")
    assert circuits()["welfare"] == (True, "maintenance until nine")
    assert "maintenance until nine" in applied.renkei("connector", "list").stdout

    applied.renkei("connector", "resume", "welfare")
    assert circuits()["welfare"] == (False, None)

    drained = applied.renkei("connector", "drain", "welfare", "--reason", "moves to another address")
    assert "welfare is drained and paused" in drained.stdout
    assert circuits()["welfare"] == (True, "moves to another address")
    assert "paused already" in applied.renkei("connector", "drain", "welfare", "--reason", "again").stdout
    applied.renkei("connector", "resume", "welfare")

    left = applied.renkei("connector", "drain", "welfare", "--reason", "r", "--wait", "0", expect=UNAVAILABLE)
    assert "welfare is draining" in left.stderr
    assert "draining" in applied.renkei("connector", "list").stdout
    applied.renkei("connector", "resume", "welfare")
    for command in (("pause", "--reason", "r"), ("drain", "--reason", "r"), ("resume",)):
        refused = applied.renkei("connector", command[0], "nowhere", *command[1:], expect=CONFIG)
        assert "there is no connector nowhere" in refused.stderr


# --- what cannot be reached ---


@pytest.mark.slow
def test_a_broker_or_store_that_is_away_ends_with_4_and_says_that_nothing_is_lost(initialised: Installation) -> None:
    nowhere = free_ports(1)[0]

    edit_settings(initialised, f'amqp_url = "{MEMORY}"', f'amqp_url = "amqp://127.0.0.1:{nowhere}/%2F"')
    refused = initialised.renkei("reconcile", "--json", expect=UNAVAILABLE)
    assert refused.stdout == ""
    assert explains(refused.stderr, "broker.unavailable")

    initialised.configure(f'store_url = "postgresql://renkei@127.0.0.1:{nowhere}/renkei"\n')
    for command in (("dead", "list", "--json"), ("trace", str(uuid4())), ("connector", "list"), ("migrate",)):
        refused = initialised.renkei(*command, expect=UNAVAILABLE)
        assert refused.stdout == ""
        assert explains(refused.stderr, "store.unavailable")


def test_every_command_that_prints_json_prints_one_value_and_nothing_else(applied: Installation) -> None:
    commands: list[tuple[str, ...]] = [
        ("lint",),
        ("dead", "list"),
        ("connector", "list"),
        ("reconcile",),
        ("topology", "plan", "--management-url", applied.administrator),
        ("topology", "check", "--management-url", applied.administrator),
        ("topology", "apply", "--management-url", applied.administrator),
        ("dead", "replay", "--code", "validate.schema", "--reason", "r"),
    ]
    for command in commands:
        done = applied.renkei(*command, "--json")
        json.loads(done.stdout)
        assert done.stdout.count("\n") == 1, command
        assert done.stderr == "", command
