"""What an account may and may not, in words."""

from pathlib import Path

import pytest

from hub import registry
from hub.console.names import Names
from hub.console.terms import in_words
from hub.console.texts import Texts
from hub.home import Home
from hub.ports.accounts import Account, Role
from hub.support.accounts import detail


@pytest.fixture(scope="module")
def names() -> Names:
    return Names(registry.load(Home(Path("no-home-of-its-own")), {}))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "ja",
            "役割: 審査担当 / 支援担当、連携先: 福祉総合情報システム、業務: F16 / F2、期限: 2026-11-29 12:41:28、停止",
        ),
        (
            "en",
            "roles: reviewer / support, partners: Welfare information system, flows: F16 / F2, until 2026-11-29 12:41:28, disabled",  # noqa: E501
        ),
    ],
)
def test_everything_an_account_has_is_told(names: Names, language: str, words: str) -> None:
    account = Account(
        "hanako", "山田花子", frozenset({Role.SUPPORT, Role.REVIEWER}), frozenset({"welfare"}),
        frozenset({"F2", "F16"}),
        disabled=True, expires_at=1795923688951925, must_change=False, created_at=0, created_by="keeper",
    )  # fmt: skip
    texts = Texts(language)
    assert in_words(texts, names.into(texts), detail(account)) == words


def test_an_account_without_limits_has_roles_alone(names: Names) -> None:
    texts = Texts("ja")
    assert in_words(texts, names.into(texts), "roles admin") == "役割: ID管理者"
