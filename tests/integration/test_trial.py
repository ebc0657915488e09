"""`renkei try`: what the hub would do with a document, without a store, a broker or a trace."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import registry
from hub.catalogue import read
from hub.home import Home
from hub.lint.samples import samples
from hub.message import Message
from hub.support.trial import attempt
from tests.installation import Installation, own_config

FAILED, USAGE = 1, 2
LIMIT = 4 * 1024 * 1024
ID = "00000000-0000-4000-8000-000000000001"
CHILD = Path(__file__).resolve().parents[2] / "schemas/welfare.eligibility/v1/valid/child.xml"


@pytest.fixture
def home(tmp_path: Path) -> Installation:
    """A place that is no installation: an upstream team has none."""
    return Installation(tmp_path / "none", "memory://", "")


def test_every_valid_sample_that_somebody_may_send_goes_through_to_every_target() -> None:
    found = registry.load(Home(Path("nowhere")), {})
    tried = 0
    for (type_, version), contract in read(Home(Path("nowhere"))).contracts.items():
        for source, purposes in found.granted_to(type_).items():
            for file in samples(contract, "valid"):
                body = file.read_bytes()
                trial = attempt(
                    found, "141305", LIMIT, Message(ID, type_, version, source, ID, body, purpose=min(purposes))
                )
                assert trial.passes, (file, trial.steps, [target.steps for target in trial.targets])
                assert trial.steps[-1].stage == "route"
                assert all(target.document for target in trial.targets)
                tried += 1
    assert tried > 100


def test_it_tells_grant_door_route_target_and_what_goes_out(home: Installation) -> None:
    trial = home.json("try", str(CHILD))

    assert trial["passes"] is True
    assert trial["granted"]["welfare"] == ["child-medical.issue", "child-medical.renewal", "protection.measure"]
    assert (trial["door"], trial["canonical"]) == ("intake.welfare", "eligibility.registration/v1")
    assert trial["routes"] == ["eligibility-registration"]
    assert trial["raised"] is None
    (pmh,) = trial["targets"]
    assert (pmh["connector"], pmh["queue"], pmh["edge"]) == ("pmh", "delivery.pmh", "protects")
    assert "medicalSubsidyRecipientNumber" in pmh["document"]
    assert not home.root.exists()  # nothing is stored
    assert "medicalSubsidyRecipientNumber" in home.renkei("try", str(CHILD)).stdout


def test_what_protects_is_told_to_use_the_urgent_lane(home: Installation) -> None:
    sample = CHILD.parents[3] / "welfare.protection_measure/v1/valid"
    trial = home.json("try", str(next(iter(sorted(sample.glob("*.xml"))))))
    assert trial["door"] == "intake.welfare.urgent and intake.welfare"
    assert any(condition.startswith("protection:") for condition in trial["conditions"])


def test_a_sender_without_a_grant_is_told_who_has_one(home: Installation) -> None:
    trial = home.json("try", str(CHILD), "--from", "tax", expect=FAILED)
    assert trial["steps"][-1]["code"] == "authorise.grant"
    assert list(trial["granted"]) == ["welfare"]
    assert trial["targets"] == []
    wrong = home.json("try", str(CHILD), "--purpose", "other.purpose", expect=FAILED)
    assert wrong["steps"][-1]["code"] == "authorise.purpose"
    assert "there is no partner nobody" in home.renkei("try", str(CHILD), "--from", "nobody", expect=USAGE).stderr


def test_what_the_edge_forbids_is_told_before_it_is_sent(home: Installation) -> None:
    # Given: the edge may no longer let 個人番号 pass
    edge = own_config(home) / "edges/pmh.toml"
    text = edge.read_text(encoding="utf-8")
    assert '"individual_number"' in text
    edge.write_text(text.replace('"individual_number", ', "").replace('"individual_number"', ""), encoding="utf-8")

    trial = home.json("try", str(CHILD), expect=FAILED)

    (pmh,) = trial["targets"]
    assert pmh["steps"][-1]["stage"] == "screen"
    assert pmh["steps"][-1]["code"] == "screen.identifier"
    assert pmh["document"] is None


def test_nothing_of_the_document_gets_into_what_is_logged_or_refused(home: Installation, tmp_path: Path) -> None:
    file = tmp_path / "changed.xml"
    file.write_text(CHILD.read_text(encoding="utf-8").replace("<not_disclosed>", "<not_disclosed>秘密"), "utf-8")
    done = home.renkei("--log-level", "debug", "try", str(file), expect=FAILED)
    assert "validate.schema" in done.stdout
    assert "秘密" not in done.stdout + done.stderr
