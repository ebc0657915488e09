"""The next version of a contract is begun from files as people write them."""

import tomllib

from hub.home import Home
from hub.scaffold import next_version
from tests.small_home import edit


def test_a_version_with_a_last_day_and_a_comment_is_followed_by_one_without_a_last_day(small_home: Home) -> None:
    root = small_home.root
    (root / "connectors").mkdir(exist_ok=True)
    contract = root / "schemas/office.note/v1/contract.toml"
    edit(contract, "version = 1\n", "version = 1  # of 2026\nsunset = 2027-03-31\n")
    made = next_version(root, "office.note").new
    told = tomllib.loads(made["schemas/office.note/v2/contract.toml"])
    assert (told["version"], told.get("sunset")) == (2, None)
