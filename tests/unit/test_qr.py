"""The QR code of an authenticator's secret: all modules of it, in the page and in the terminal."""

import re

import segno

from hub.support import qr

URI = "otpauth://totp/Renkei%20Hub:taro?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Renkei%20Hub"
_HALVES = {" ": (1, 1), "▀": (0, 1), "▄": (1, 0), "█": (0, 0)}  # dark modules are the ground of a terminal


def test_the_picture_has_every_dark_module_and_neither_style_nor_script() -> None:
    drawn = qr.svg(URI)
    dark = sum(map(sum, segno.make_qr(URI, error="m").matrix))
    path = re.search(r'stroke="#000" d="([^"]+)"', drawn)
    assert path is not None
    assert sum(map(int, re.findall(r"h(\d+)", path[1]))) == dark
    for word in ("style", "script", "http", "secret"):
        assert word not in drawn


def test_the_text_reads_as_the_same_modules() -> None:
    rows: list[list[int]] = []
    for line in qr.text(URI).splitlines():
        rows += [[_HALVES[sign][half] for sign in line] for half in (0, 1)]
    expected = segno.make_qr(URI, error="l").matrix
    size = len(expected)
    assert [row[2 : 2 + size] for row in rows[2 : 2 + size]] == [list(row) for row in expected]
