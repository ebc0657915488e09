"""hub.toml and what the environment may change; the models of partner, grant, connector, edge and route files."""

import threading
from pathlib import Path

import pytest

from hub import config_file, crew, settings
from hub.app import App
from hub.config_file import FindingsError, Strict
from hub.crew import Roles
from hub.errors import ConfigError
from hub.home import Home
from hub.master_key import create_master_key
from hub.metrics import Metrics
from hub.settings import ConnectorFile, EdgeFile, GrantsFile, PartnerFile, RouteFile


def home_with(tmp_path: Path, text: str) -> Home:
    (tmp_path / "hub.toml").write_text(text)
    return Home(tmp_path)


def test_defaults(tmp_path: Path) -> None:
    loaded = settings.load(home_with(tmp_path, 'tenant = "141305"\n'), {})
    assert loaded.store_url == f"sqlite:///{tmp_path}/data/hub.db"
    assert loaded.tiers == ["5s", "30s", "2m", "10m", "1h"]
    assert (loaded.amqp_url, loaded.management_url, loaded.waive, loaded.urls) == (None, None, [], {})


def test_the_environment_wins(tmp_path: Path) -> None:
    home = home_with(
        tmp_path,
        'tenant = "141305"\namqp_url = "amqp://file"\nstore_url = "sqlite:///file"\n'
        '[urls]\npmh = "http://127.0.0.1:1"\nwelfare = "http://127.0.0.1:2"\n',
    )
    loaded = settings.load(
        home,
        {
            "RENKEI_AMQP_URL": "amqp://env",
            "RENKEI_STORE_URL": "postgresql://env",
            "RENKEI_URL_PMH": "http://127.0.0.1:3",
            "RENKEI_URL_RESIDENT_REGISTRY": "https://127.0.0.1:4/api",
            "OTHER": "x",
        },
    )
    assert (loaded.amqp_url, loaded.store_url) == ("amqp://env", "postgresql://env")
    assert loaded.urls == {
        "pmh": "http://127.0.0.1:3",
        "welfare": "http://127.0.0.1:2",
        "resident_registry": "https://127.0.0.1:4/api",
    }


def test_an_address_of_the_environment_is_checked_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="RENKEI_URL_PMH") as caught:
        settings.load(home_with(tmp_path, 'tenant = "141305"\n'), {"RENKEI_URL_PMH": "user:secret"})
    assert "secret" not in caught.value.detail


def test_a_home_that_was_not_initialised(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="renkei init"):
        settings.load(Home(tmp_path), {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "tenant is missing"),
        ("tenant = 141305", "tenant: input should be a valid string"),
        ('tenant = "141306"', "not a municipality code"),
        ('tenant = "141305"\ntiers = []', "tiers: list should have at least 1 item"),
        ('tenant = "141305"\ntiers = ["5 sec"]', "is not a delay"),
        ('tenant = "141305"\ntiers = ["1h", "5s"]', "not in ascending order"),
        ('tenant = "141305"\ntiers = ["60s", "1m"]', "not in ascending order"),
        ('tenant = "141305"\nbatch = 0', "batch: input should be greater than or equal to 1"),
        ('tenant = "141305"\nprefetch = true', "prefetch: input should be a valid integer"),
        ('tenant = "141305"\nwaive = ["policy"]', "hub.toml:2: waive.0: input should be 'store', 'broker'"),
        ('tenant = "141305"\namqp = "x"', "did you mean `amqp_url`"),
        ('tenant = "141305"\n[urls]\npmh = "ftp://x"', "urls.pmh: string should match pattern"),
    ],
)
def test_wrong_settings(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(FindingsError) as caught:
        settings.load(home_with(tmp_path, text + "\n"), {})
    assert any(words in str(finding) for finding in caught.value.findings)


def test_repr_shows_no_password(tmp_path: Path) -> None:
    text = 'tenant = "141305"\namqp_url = "amqp://u:secret@h"\nstore_url = "x:secret"\nmanagement_url = "http://u:secret@h"\n'
    assert "secret" not in repr(settings.load(home_with(tmp_path, text), {}))


GRANT = '[[grant]]\ntype = "a.b"\npurposes = ["p"]\nlegal_basis = "l"\ndata_item = "d"\n'
CONNECTOR = 'name = "a"\nkind = "b"\nurl = "http://127.0.0.1:1"\n'
EDGE = 'connector = "a"\nkind = "protects"\nreason = "r"\nallows = ["pmh_key"]\n'
ROUTE = 'type = "a.b"\nflow = "F2"\n[[to]]\nconnector = "c"\ncontract = "d.e"\nordering = "none"\n'


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (PartnerFile, 'name = "a"\ntitle = "A"\ntitle_ja = "あ"\npublishes = false\n'),
        (GrantsFile, GRANT),
        (ConnectorFile, CONNECTOR + 'max_in_flight = 1\n[options]\nmode = "x"\n'),
        (EdgeFile, EDGE + '[[exceptions]]\nat = "a/b/@c"\nreason = "r"\n'),
        (RouteFile, ROUTE),
        (RouteFile, 'type = "a.b"\nflow = "F2"\nnoted = "the hub notes it"\n'),
    ],
)
def test_sound_files(tmp_path: Path, model: type[Strict], text: str) -> None:
    (tmp_path / "a.toml").write_text(text, encoding="utf-8")
    config_file.read(tmp_path / "a.toml", model)


@pytest.mark.parametrize(
    ("model", "text", "words"),
    [
        (PartnerFile, 'name = "A-1"\ntitle = "A"\ntitle_ja = "あ"\npublishes = true\n', "name: string should match"),
        (GrantsFile, "", "grant is missing"),
        (GrantsFile, GRANT.replace('["p"]', "[]"), "grant.0.purposes: list should have at least 1 item"),
        (GrantsFile, GRANT.replace('legal_basis = "l"\n', ""), "grant.0.legal_basis is missing"),
        (ConnectorFile, CONNECTOR + "read_timeout = 0\n", "read_timeout: input should be greater than 0"),
        (ConnectorFile, CONNECTOR + 'read_timeout = "5"\n', "read_timeout: input should be a valid number"),
        (ConnectorFile, CONNECTOR + "rate = 0\n", "rate: input should be greater than 0"),
        (ConnectorFile, CONNECTOR + 'service_hours = "7-22"\n', 'service_hours: write service hours as "07:00-22:00"'),
        (ConnectorFile, CONNECTOR + "[options]\nmode = 1\n", "options.mode: input should be a valid string"),
        (EdgeFile, EDGE.replace('kind = "protects"\n', ""), "kind is missing"),
        (EdgeFile, EDGE.replace("protects", "open"), "kind: input should be 'internal', 'discloses' or 'protects'"),
        (EdgeFile, EDGE.replace("pmh_key", "secret_code"), "allows.0: input should be"),
        (EdgeFile, EDGE + '[[exceptions]]\nat = "//c:a"\nreason = "r"\n', "exceptions.0.at: string should match"),
        (RouteFile, ROUTE.replace("none", "newest"), "to.0.ordering: input should be 'latest', 'sequence' or 'none'"),
        (RouteFile, 'type = "a.b"\nflow = "F2"\nto = []\n', "needs either targets in [[to]], or noted"),
        (RouteFile, ROUTE + 'noted = "r"\n', "to.0.noted"),
        (RouteFile, 'noted = "r"\n' + ROUTE, "needs either targets in [[to]], or noted"),
    ],
)
def test_wrong_files(tmp_path: Path, model: type[Strict], text: str, words: str) -> None:
    (tmp_path / "a.toml").write_text(text, encoding="utf-8")
    with pytest.raises(FindingsError) as caught:
        config_file.read(tmp_path / "a.toml", model)
    assert any(words in str(finding) for finding in caught.value.findings), caught.value.findings


def test_credentials_come_from_the_file_or_the_environment_and_are_not_shown(tmp_path: Path) -> None:
    home = home_with(tmp_path, 'tenant = "141305"\n[credentials]\npmh = "from-file"\ntax = "kept"\n')
    found = settings.load(home, {"RENKEI_CREDENTIAL_PMH": "from-environment"})
    assert found.credentials == {"pmh": "from-environment", "tax": "kept"}
    assert "from-environment" not in repr(found)


@pytest.mark.parametrize("token", ["", "two words", "日本"])
def test_what_is_no_bearer_token_is_refused_without_being_shown(tmp_path: Path, token: str) -> None:
    with pytest.raises(ConfigError, match="RENKEI_CREDENTIAL_PMH") as caught:
        settings.load(home_with(tmp_path, 'tenant = "141305"\n'), {"RENKEI_CREDENTIAL_PMH": token})
    assert not token or token not in str(caught.value)


def test_a_credential_of_no_connector_is_refused(tmp_path: Path) -> None:
    home = home_with(tmp_path, 'tenant = "141305"\n[credentials]\nnobody = "secret"\n')
    with pytest.raises(ConfigError, match="nobody") as caught:
        _ = App(home.root).registry
    assert "secret" not in str(caught.value)


@pytest.mark.rule("R29", "R56")
@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("", "config.plain_address"),
        ('sandbox = true\n[urls]\narchive = "http://archive.example"\n', "config.plain_address"),
        (
            'sandbox = true\n[oauth.archive]\ntoken_url = "http://archive.example/token"\nclient_id = "hub"\n',
            "config.plain_address",
        ),
        (
            'sandbox = true\n[oauth.archive]\ntoken_url = "https://archive.example/token"\nclient_id = "hub"\n',
            "config.invalid",  # its secret is not there
        ),
    ],
)
def test_no_process_starts_with_an_address_that_may_not_be_used(small_home: Home, more: str, code: str) -> None:
    small_home.settings_file.write_text('tenant = "141305"\namqp_url = "memory://"\n' + more)
    create_master_key(small_home.master_key)
    app = App(small_home.root)
    with pytest.raises(ConfigError) as caught:
        crew.workers(app, Roles(), Metrics(), threading.Event())
    assert caught.value.code == code
    app.close()


def test_a_client_secret_is_long_and_shown_to_nobody(tmp_path: Path) -> None:
    file = tmp_path / "secrets" / "archive.client-secret"
    file.parent.mkdir()
    for text, works in (("s" * 31, False), ("s" * 32 + "\n", True)):
        file.write_text(text)
        if works:
            assert Home(tmp_path).client_secret("archive") == "s" * 32
        else:
            with pytest.raises(ConfigError) as caught:
                Home(tmp_path).client_secret("archive")
            assert "sss" not in str(caught.value)
