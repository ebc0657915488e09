"""R25, R26, R40: measures close the fence, what leaves the city asks it, and what goes to PMH is made to say so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub import fence as rules
from hub import pipeline
from hub.clock import now_us
from hub.documents import parse
from hub.exchange import Exchange
from hub.message import Message
from hub.pipeline import Failed
from hub.ports.fence import Step
from hub.ports.persons import PersonRef
from hub.sandbox.city import City
from hub.sandbox.measures import Measure, letter
from hub.store import SqlStore, migrate
from hub.support import fences
from hub.support.judges import tried
from tests.audit import audit_key
from tests.contract.store.samples import new_id, settled
from tests.unit.connectors.routed import REGISTRY
from tests.unit.stages.conftest import MESSAGE_ID, FakeConnector

SCHEMAS = Path(__file__).parents[3] / "schemas"
RESIDENT = City(1, 50).residents[7]
ITEM = "TM00000000000002"
NATIONAL = "000000000700101"


def sample(type: str, name: str) -> bytes:
    return (SCHEMAS / type / "v1/valid" / f"{name}.xml").read_bytes()


@pytest.fixture
def store(sqlite_url: str) -> Iterator[SqlStore]:
    migrate(sqlite_url)
    store = SqlStore(sqlite_url, "141305", audit_key)
    yield store
    store.close()


@pytest.fixture
def take(at_door, services, store):
    """A message of one of the two sources through the stages of intake, which closes by itself."""

    def through(measure: Measure) -> Exchange:
        door = at_door(letter(measure), type=measure.type, headers={"purpose": "protection.measure"})
        moved = Exchange(f"intake.{measure.source}", measure.source, door.delivery, 0, trusted=False)
        done = pipeline.run((*pipeline.OPEN, *pipeline.INTAKE), moved, services(REGISTRY, store))
        assert not isinstance(done, Failed), done.error
        return done

    return through


@pytest.fixture
def answer(in_hub, services, store):
    """The intermediate server says what it holds."""

    def through(suppressed: bool, version: int = 1, item: str = "") -> None:
        named = f"<IntegratedAddressNumber>{NATIONAL}</IntegratedAddressNumber>"
        named += f"<SpecificPersonalInformationCode>{item}</SpecificPersonalInformationCode>" if item else ""
        text = sample("intermediate_server.no_auto_answer_held", "person-protected").decode()
        begin, end = text.index("<IntegratedAddressNumber>"), text.index("<NoAutoAnswerFlag>")
        text = text[:begin] + named + text[end:]
        text = text.replace("<NoAutoAnswerFlag>1<", f"<NoAutoAnswerFlag>{int(suppressed)}<")
        text = text.replace("<FlagVersion>1<", f"<FlagVersion>{version}<")
        message = Message(
            MESSAGE_ID, "intermediate_server.no_auto_answer_held", 1, "intermediate_server_flags", MESSAGE_ID,
            text.encode(), purpose="protection.measure",
        )  # fmt: skip
        lane = in_hub(message, "intake.intermediate_server_flags.hub")
        done = pipeline.run((*pipeline.OPEN, *pipeline.INTAKE), lane, services(REGISTRY, store))
        assert not isinstance(done, Failed), done.error

    return through


@pytest.fixture
def say(in_hub, services, store):
    """The welfare system says what PMH holds."""

    def through(held: bool) -> Exchange:
        text = sample("welfare.non_disclosure", "person-held").decode()
        text = text.replace("000000000000103", RESIDENT.addressee_number)
        text = text.replace("<held>true<", f"<held>{str(held).lower()}<")
        message = Message(
            MESSAGE_ID, "welfare.non_disclosure", 1, "welfare", MESSAGE_ID, text.encode(), purpose="protection.measure"
        )  # fmt: skip
        done = pipeline.run(
            (*pipeline.OPEN, *pipeline.INTAKE), in_hub(message, "intake.welfare.hub"), services(REGISTRY, store)
        )
        assert not isinstance(done, Failed), done.error
        return done

    return through


def steps(store: SqlStore) -> list[str]:
    return [act.step.value for act in store.acts()]


def one(store: SqlStore) -> rules.Standing:
    (found,) = rules.standings(store.acts())
    return found


@pytest.mark.rule("R26")
def test_r26_a_measure_closes_at_once_and_only_once(take, store) -> None:
    take(Measure("welfare", RESIDENT, 1, "domestic_violence"))
    take(Measure("welfare", RESIDENT, 1, "domestic_violence"))

    (raised,) = store.acts()
    assert (raised.step, raised.who, raised.reason, raised.version) == (Step.RAISE, "welfare", "domestic_violence", 1)
    assert {alias.kind for alias in raised.subject.aliases} == {"addressee_number", "individual_number"}


@pytest.mark.rule("R26")
def test_r26_one_data_item_and_another_source_are_measures_of_their_own(take, store) -> None:
    take(Measure("welfare", RESIDENT, 1, "other"))
    take(Measure("welfare", RESIDENT, 2, "other", ITEM))
    take(Measure("resident_registry", RESIDENT, 1, "stalking"))

    assert sorted((m.raised.source, m.raised.item) for m in rules.standings(store.acts())) == [
        ("resident_registry", ""), ("welfare", ""), ("welfare", ITEM),
    ]  # fmt: skip


def test_a_release_is_noted_and_opens_nothing(take, store) -> None:
    take(Measure("welfare", RESIDENT, 1, "other"))
    take(Measure("welfare", RESIDENT, 2, "other", released=True))

    assert steps(store) == ["raise", "release"]
    assert not one(store).lifted


def test_a_release_of_what_was_never_raised_is_not_noted(take, store) -> None:
    take(Measure("welfare", RESIDENT, 2, "other", released=True))

    assert steps(store) == []


def test_a_late_raise_stands_and_a_person_is_told(take, store) -> None:
    """Given set and release, and a set nobody had seen that the source made before the release."""
    take(Measure("welfare", RESIDENT, 1, "other"))
    take(Measure("welfare", RESIDENT, 3, "other", released=True))
    take(Measure("welfare", RESIDENT, 2, "stalking"))

    assert one(store).conflict
    assert one(store).stale_release is False
    assert not one(store).lifted


def test_the_targets_word_confirms_and_clears_only_what_two_have_approved(take, answer, say, store, sealer) -> None:
    take(Measure("welfare", RESIDENT, 1, "other"))
    number, national = RESIDENT.addressee_number, sealer.alias("integrated_number", NATIONAL)
    numbered = PersonRef("subject", (sealer.alias("addressee_number", number), national))
    store.settle([settled(new_id(), links=(numbered,))])  # as the numbering does

    answer(True)
    answer(True)
    assert steps(store) == ["raise", "confirm"]
    assert one(store).state(REGISTRY.fence_targets, now_us()) == "raised"  # the other target has not
    assert say(True).outputs == ()  # noted, and nobody else is told
    say(True)
    assert steps(store) == ["raise", "confirm", "confirm"]
    assert one(store).state(REGISTRY.fence_targets, now_us()) == "confirmed"
    answer(False, 2)
    say(False)
    assert steps(store) == ["raise", "confirm", "confirm"]  # nobody has agreed to that

    fences.request_lift(store, one(store).measure, "a clerk", "it is over", 0)
    fences.approve_lift(store, one(store).measure, "a supervisor", 72)
    answer(False, 2, ITEM)
    assert not one(store).lifted  # that was about one data item
    answer(False, 2)
    assert steps(store)[3:] == ["request", "approve", "clear"]
    assert not one(store).lifted  # PMH has not let go
    say(False)
    assert steps(store)[6:] == ["clear", "lift"]
    say(False)
    answer(False, 2)
    assert one(store).lifted
    assert len(store.acts()) == 8


def test_what_says_it_protects_goes_ahead_on_its_way_to_pmh() -> None:
    def lane(name: str) -> str:
        document = parse(sample("eligibility.registration", name), 10_000)
        return REGISTRY.lane("eligibility.registration", 1, "pmh", document)

    assert (lane("not-disclosed"), lane("child")) == ("delivery.pmh.urgent", "delivery.pmh")
    held = parse(sample("no_auto_answer.held", "person-protected"), 10_000)
    assert REGISTRY.lane("no_auto_answer.held", 1, "integration_platform", held) == "delivery.integration_platform"


@pytest.fixture
def prepared(in_hub, services):
    """A message as it would leave, up to the lease."""

    def through(connector: str, type: str, body: bytes, shield: bool = False) -> Exchange:
        message = Message(MESSAGE_ID, type, 1, "welfare", MESSAGE_ID, body)
        start = in_hub(message, f"delivery.{connector}")
        if shield:
            start = replace(start, shield=True)
        hub = replace(services(REGISTRY, **{connector: FakeConnector()}), max_body_bytes=10_000)
        done = pipeline.run(pipeline.PREPARE, start, hub)
        assert not isinstance(done, Failed), done.error
        return done

    return through


def test_inside_the_city_nothing_is_asked(prepared) -> None:
    assert prepared("integration_platform", "protection.measure", sample("protection.measure", "item")).guard is None


def test_everybody_counts_whom_the_message_was_about(prepared, sealer) -> None:
    """The status at the portal names a reception number only; the message it was made from names the applicant."""
    exchange = prepared("myna_portal", "application.status", sample("application.status", "to-correct"))

    assert exchange.persons == ()
    assert exchange.guard.edge == "discloses"
    assert [alias.kind for person in exchange.guard.persons for alias in person.aliases] == ["addressee_number"]
    assert exchange.guard.outgoing == sealer.digest(exchange.wire.content)


@pytest.mark.rule("R40")
def test_r40_a_registration_says_whether_it_protects_and_can_be_made_to(prepared) -> None:
    body = sample("eligibility.registration", "child")
    plain = prepared("pmh", "eligibility.registration", body)
    made = prepared("pmh", "eligibility.registration", body, shield=True)

    assert (plain.guard.edge, plain.guard.shields, plain.guard.forced) == ("protects", False, True)
    assert made.guard.shields is True
    assert b"<isNotDisclosed>true</isNotDisclosed>" in made.wire.content
    assert made.wire.content == plain.wire.content.replace(b"Disclosed>false</is", b"Disclosed>true</is")


@pytest.mark.rule("R40")
def test_r40_only_what_carries_the_mark_is_made_to_say_so(prepared) -> None:
    flag = sample("no_auto_answer.decided", "person-released")
    made = prepared("intermediate_server_flags", "no_auto_answer.decided", flag, shield=False)

    assert (made.guard.shields, made.guard.forced, made.guard.items) == (False, False, ())


def test_the_data_item_of_a_flag_is_what_it_is_about(prepared) -> None:
    asked = prepared("intermediate_server_flags", "no_auto_answer.decided", sample("no_auto_answer.decided", "item"))

    assert asked.guard.items == (ITEM,)


def test_recognise_links_what_one_message_names_together(take) -> None:
    done = take(Measure("welfare", RESIDENT, 1, "other"))

    assert [{alias.kind for alias in person.aliases} for person in done.links] == [
        {"addressee_number", "individual_number"}
    ]


def first(type: str) -> str:
    return min(file.stem for file in (SCHEMAS / type / "v1/valid").glob("*.xml"))


def test_nothing_of_the_document_is_shared_between_the_two_ways(prepared) -> None:
    contract = REGISTRY.contract("pmh.registration", 1)
    before = parse(sample("pmh.registration", first("pmh.registration")), 10**6)
    text = before.serialise()

    contract.protection.shielded(before)

    assert before.serialise() == text


def test_a_dry_run_raises_no_fence(services, store, take) -> None:
    """How far a dead measure would come if it were sent again is found out, and it is not done."""
    measure = Measure("welfare", RESIDENT, 1, "stalking")
    body = letter(measure)
    message = Message(MESSAGE_ID, measure.type, 1, "welfare", MESSAGE_ID, body, purpose="protection.measure")

    tried("intake.welfare", message, "digest", services(REGISTRY, store))

    assert store.acts() == []
    take(measure)
    assert store.acts() != []
