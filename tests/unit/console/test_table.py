"""Every address needs a right, decided in one place."""

from hub.console.screen import Without
from hub.console.table import SCREENS, STREAMS
from hub.ports.accounts import RIGHTS, Right

OPEN = {("GET", "/sign-in"), ("POST", "/sign-in"), ("POST", "/sign-out"), ("POST", "/language")}
OWN = {("GET", "/sessions"), ("GET", "/password"), ("POST", "/password")}


def test_only_signing_in_and_out_and_the_language_need_no_right() -> None:
    assert {(screen.method, screen.path) for screen in SCREENS if screen.right is Without.ANYONE} == OPEN
    assert {(screen.method, screen.path) for screen in SCREENS if screen.right is Without.SIGNED_IN} == OWN
    assert all(isinstance(stream.right, Right) for stream in STREAMS)


def test_an_address_is_answered_by_one_screen() -> None:
    known = [(screen.method, screen.path) for screen in SCREENS]
    assert len(known) == len(set(known))
    assert len(known) > 30


def test_what_changes_something_is_no_mere_look() -> None:
    """Looking needs WATCH or READ at most, unless the screen is somebody's own."""
    weak = {Right.WATCH, Right.READ}
    finding = {"/messages"}  # goes to the page of a message
    own = {"/emergencies/{emergency_id:int}/end"}  # takes away; by whoever began it, else `hub.support` asks for AUDIT
    assert {screen.path for screen in SCREENS if screen.method == "POST" and screen.right in weak} == finding | own


def test_no_role_may_do_everything() -> None:
    needed = {screen.right for screen in SCREENS if isinstance(screen.right, Right)}
    for role, rights in RIGHTS.items():
        assert not needed <= rights, role
