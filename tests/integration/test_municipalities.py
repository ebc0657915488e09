"""R34: a broker belongs to one municipality, and says so itself to whoever comes with the configuration of another."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import readiness
from hub.app import App
from hub.errors import ConfigError
from hub.topology import HUB_USER, MUNICIPALITY_EXCHANGE
from tests.installation import Installation
from tests.nodes import RabbitServer, RabbitVhost, new_vhost

KAWASAKI, YOKOHAMA = "141305", "141003"


@pytest.fixture
def other(rabbit_vhost: RabbitVhost, tmp_path: Path) -> Path:
    """The home of another municipality that was given the vhost of the first."""
    made = Installation(tmp_path / "other", rabbit_vhost.amqp_url, rabbit_vhost.management_url)
    made.renkei("init", "--amqp-url", made.amqp_url, "--sandbox", "--tenant", YOKOHAMA)
    return made.root


def marks(vhost: RabbitVhost, name: str) -> list[str]:
    found = vhost.management.call("GET", "exchanges", name)
    return sorted(one["name"] for one in found if one["name"].startswith(MUNICIPALITY_EXCHANGE))


@pytest.mark.rule("R34")
def test_another_municipality_can_neither_work_on_its_vhost_nor_make_it_its_own(
    applied: Installation, other: Path, rabbit_vhost: RabbitVhost
) -> None:
    own = Installation(other, applied.amqp_url, applied.administrator)
    everything = rabbit_vhost.management.call("GET", "exchanges", rabbit_vhost.vhost)

    for command in ("plan", "check", "apply"):
        done = own.renkei("topology", command, "--management-url", own.administrator, expect=3)
        assert "config.municipality" in done.stderr
        assert KAWASAKI in done.stderr
    refused = own.renkei("topology", "apply", "--amqp-url", rabbit_vhost.amqp_url, expect=3)
    assert "config.municipality" in refused.stderr

    # Then nothing was made, and its hub does not start even with the first one's password
    assert rabbit_vhost.management.call("GET", "exchanges", rabbit_vhost.vhost) == everything
    app = App(other)
    app.settings = app.settings.model_copy(update={"amqp_url": rabbit_vhost.amqp_url})
    with pytest.raises(ConfigError, match=rf"{MUNICIPALITY_EXCHANGE}\.{YOKOHAMA}"):
        readiness.start_up(app)
    app.close()
    assert marks(rabbit_vhost, rabbit_vhost.vhost) == [MUNICIPALITY_EXCHANGE, f"{MUNICIPALITY_EXCHANGE}.{KAWASAKI}"]


@pytest.mark.rule("R34")
def test_a_user_of_one_municipality_gets_no_rights_on_the_vhost_of_another(
    applied: Installation, other: Path, rabbit: RabbitServer
) -> None:
    """Users are the broker's: the hub of the first would read what lies on the vhost of the second."""
    with new_vhost(rabbit) as second:
        own = Installation(other, second.amqp_url, rabbit.management_url)

        refused = own.renkei("topology", "apply", "--management-url", own.administrator, expect=3)

        assert "config.municipality" in refused.stderr
        assert KAWASAKI in refused.stderr
        assert marks(second, second.vhost) == []
        rights = second.management.call("GET", "permissions", second.vhost, second.user)
        assert rights["user"] != HUB_USER
