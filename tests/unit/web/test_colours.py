"""Colours: every pair of text and ground can be read, an office's own colour included."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine import EngineError
from web.identity import DARK, LEAST_CONTRAST, Identity, contrast, read

STATIC = Path(__file__).parents[3] / "web" / "static"
LIGHT_AND_DARK = (
    (STATIC / "tokens.css")
    .read_text(encoding="utf-8")
    .split("@media screen and (prefers-color-scheme: dark)")
)
THEMES = {
    theme: dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", text))
    for theme, text in zip(("light", "dark"), LIGHT_AND_DARK, strict=True)
}
TEXTS = {
    "ground": ("ink", "soft", "brand", "brand-deep", "good", "bad", "now", "field"),
    "paper": ("ink", "soft", "brand", "brand-deep", "bad", "now"),
    "brand-ground": ("ink", "soft", "brand", "brand-deep", "bad", "now"),
    "good-ground": ("good",),
    "bad-ground": ("bad", "ink"),
    "now-ground": ("now", "ink", "soft"),
    "brand": ("brand-ink",),
    "brand-deep": ("brand-ink",),
}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("ground", "text"), [(ground, text) for ground in TEXTS for text in TEXTS[ground]])
def test_text_stands_out_from_its_ground(theme: str, ground: str, text: str) -> None:
    tokens = THEMES[theme]
    assert contrast(tokens[text], tokens[ground]) >= LEAST_CONTRAST


@pytest.mark.parametrize("theme", THEMES)
def test_the_focus_and_the_borders_of_fields_are_seen(theme: str) -> None:
    tokens = THEMES[theme]
    for ground in ("ground", "paper", "brand-ground", "bad-ground", "now-ground"):
        assert contrast(tokens["focus"], tokens[ground]) >= 3
    assert contrast(tokens["field"], tokens["ground"]) >= 3


def test_every_colour_has_another_one_in_the_dark() -> None:
    assert THEMES["light"].keys() == THEMES["dark"].keys()
    assert THEMES["dark"]["ground"] == DARK


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#ffffff", "#777777") == contrast("#777777", "#ffffff")


def test_every_colour_of_the_components_is_a_token() -> None:
    islands = STATIC.parent / "ui" / "src"
    files = [STATIC / "obieg.css", islands / "diagram" / "diagram.css", islands / "modeler" / "modeler.css"]
    written = "".join(each.read_text(encoding="utf-8") for each in files)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", written) == []
    asked = set(re.findall(r"var\(--([a-z-]+)\)", written))
    assert asked <= set(re.findall(r"--([a-z-]+):", (STATIC / "tokens.css").read_text(encoding="utf-8")))


def test_an_office_has_its_own_name_and_colour(tmp_path: Path) -> None:
    file = tmp_path / "urzad.yaml"
    file.write_text('name: Urząd\ncolour: "#7a1f3d"\nstatement: {drawn_up: 2026-03-31}\n', encoding="utf-8")
    office = read(file)
    assert (office.name, office.statement.drawn_up) == ("Urząd", "2026-03-31")
    assert "--brand: #7a1f3d;" in office.style
    deep, pale = re.findall(r"(#[0-9a-f]{6})", office.style)[1:3]
    assert contrast("#7a1f3d", pale) >= LEAST_CONTRAST
    assert contrast(deep, "#ffffff") > contrast("#7a1f3d", "#ffffff")
    assert Identity().style == ""


@pytest.mark.parametrize("colour", ["#7a1f3d", "#000000", "#767676", "#0000ff", "#008a00", "#b30000"])
def test_an_office_s_colour_is_made_light_enough_for_the_dark(colour: str) -> None:
    style = Identity(colour=colour).style
    brand, deep, dim = re.findall(r"(#[0-9a-f]{6})", style.split("prefers-color-scheme: dark")[1])
    tokens = THEMES["dark"] | {"brand": brand, "brand-deep": deep, "brand-ground": dim}
    for ground in ("ground", "paper", "brand-ground", "brand", "brand-deep"):
        for text in TEXTS[ground]:
            assert contrast(tokens[text], tokens[ground]) >= LEAST_CONTRAST, (text, ground)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('colour: "#6fa8dc"', "take a darker one"),
        ("colour: blue", "expected a colour such as"),
        ("nazwa: Urząd", "unknown field"),
        ("name: [", "expected an office's file"),
        ("- a", "expected an office's file"),
        ("counter_slot: 0", "counter_slot from 5 to 240 minutes"),
        ("counter_slot: kwadrans", "expected an office's file"),
    ],
)
def test_a_file_that_is_wrong_says_why(tmp_path: Path, written: str, told: str) -> None:
    file = tmp_path / "urzad.yaml"
    file.write_text(written, encoding="utf-8")
    with pytest.raises(EngineError, match=told):
        read(file)
    with pytest.raises(EngineError, match="expected an office's file"):
        read(tmp_path / "nie-ma.yaml")
