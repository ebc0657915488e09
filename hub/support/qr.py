"""The authenticator's secret as a picture to be photographed, drawn here: it goes nowhere else."""

import io

import segno


def svg(uri: str) -> str:
    """For a page: an <svg> without style or script, as wide as its place."""
    return segno.make_qr(uri, error="m").svg_inline(
        omitsize=True, border=4, light="#fff", svgclass="qr", lineclass=None
    )


def text(uri: str) -> str:
    """For a terminal: half blocks, two modules to a character."""
    drawn = io.StringIO()
    segno.make_qr(uri, error="l").terminal(drawn, border=2, compact=True)
    return drawn.getvalue()
