"""Roles and limits of an account, as `hub.support.accounts.detail` writes them down, in the reader's language."""

from hub.console import formats
from hub.console.names import Spoken
from hub.console.texts import Texts


def in_words(texts: Texts, names: Spoken, detail: str) -> str:
    """One line, such as "roles support, partners pmh, until 1795923688951925"."""
    return texts("accounts.and").join(_part(texts, names, part) for part in detail.split(", "))


def _part(texts: Texts, names: Spoken, part: str) -> str:
    kind, _, rest = part.partition(" ")
    each = rest.split(" ")
    match kind:
        case "roles":
            return texts("accounts.detail_roles", names=" / ".join(texts(f"role.{one}") for one in each))
        case "partners":
            return texts("accounts.detail_partners", names=" / ".join(names.partner(one) for one in each))
        case "flows":
            return texts("accounts.detail_flows", names=" / ".join(each))
        case "until":
            return texts("accounts.detail_until", at=formats.at(int(rest)))
        case "disabled":
            return texts("account_state.disabled")
    return part
