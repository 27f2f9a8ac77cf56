"""XPath regular expressions: what they match, what they refuse, and that nothing outruns the budget."""

from __future__ import annotations

import pytest

from engine.errors import EvaluationError
from engine.feel import Value
from tests.unit.feel.feeling import feel, warnings_of


@pytest.mark.parametrize(
    ("text", "pattern", "flags", "answer"),
    [
        ("żółw", r"^\p{L}+$", "", True),
        ("żółw", r"^[a-z]+$", "", False),
        ("a\rb", "a.b", "", False),
        ("a\nb", "a.b", "s", True),
        ("a\nb", "^b$", "m", True),
        ("a\nb", "^b$", "", False),
        ("x", "[A-Z-[OI]]", "i", True),
        ("o", "[A-Z-[OI]]", "i", False),
        ("b", "[^a-z-[b]]", "", False),
        ("\u212a", "k", "i", True),
        ("hello world", r"hello\ sworld", "x", True),
        ("hello world", r"\p{ IsBasicLatin }+", "x", True),
        ("a.b", "a.b", "q", True),
        ("axb", "a.b", "q", False),
        ("aA", r"(a)\1", "i", True),
        ("abab", r"^(ab)\1$", "", True),
        ("abac", r"^(ab)\1$", "", False),
        ("xyzxyzxyz", r"^(x(y)z){2}x\2z$", "", True),
        ("٣", r"\d", "", True),
        ("_", r"\w", "", False),  # XPath's word characters exclude punctuation
        (":a-1", r"^\i\c*$", "", True),
        ("-", r"[a\-z]", "", True),
        ("]", r"[\]]", "", True),
        ("aaa", "^a{2,3}?$", "", True),
    ],
)
def test_matches(text: str, pattern: str, flags: str, answer: bool) -> None:
    assert feel("matches(text, pattern, flags)", {"text": text, "pattern": pattern, "flags": flags}) is answer


@pytest.mark.parametrize(
    "pattern",
    [
        "(", ")", "[", "[]", "a**", "*", "a{2,1}", "a{", r"\b", r"\q", r"(a)[\1]", r"\1", r"(a\1)", r"\p{Xx}",
        "(?=a)", "(?<!a)b", "[b-a]", "a{1001}", "((((a{9}){9}){9}){9})", "\\",
    ],
)  # fmt: skip
def test_what_xpath_does_not_know_is_null_with_a_reason(pattern: str) -> None:
    assert "expected" in warnings_of("matches(text, pattern)", {"text": "a", "pattern": pattern})[0]


@pytest.mark.parametrize(
    ("source", "value"),
    [
        (r'replace("abracadabra", "bra", "*")', "a*cada*"),
        (r'replace("abracadabra", "a.*a", "*")', "*"),
        (r'replace("abracadabra", "a", "")', "brcdbr"),
        (r'replace("abracadabra", "a(.)", "a$1$1")', "abbraccaddabbra"),
        (r'replace("AAAA", "A+?", "b")', "bbbb"),
        (r'replace("darted", "^(.*?)d(.*)$", "$1c$2")', "carted"),
        (r'replace("abc", "b", "\$\\\\")', "a$\\c"),
        (r'replace("abcb", "(a)|b", "<$1>")', "<a><>c<>"),
        (r'replace("abc", "(b)", "$12")', "ab2c"),
        (r'replace("a.b", ".", "$1", "q")', "a$1b"),
        (r'replace("abc", ".*?", "x")', None),
        (r'replace("abc", "b", "$")', None),
        (r'replace("abc", "b", "\x")', None),
        (r'replace("aabb", "(.)\1", "<$1>")', "<a><b>"),
        (r'split("a;b;;c", ";")', ["a", "b", "", "c"]),
        (r'split("abc", "x*")', None),
        (r'matches("a", "b", "p")', None),
        (r'matches("a", "a", null)', True),
    ],
)
def test_replace_and_split(source: str, value: Value) -> None:
    assert feel(source) == value


@pytest.mark.parametrize(
    "pattern", [r"^(a+)+$", r"^(a|aa)+$", r"(a*)*b", r"(x+x+)+y", r"^(([a-z])+.)+[A-Z]([a-z])+$"]
)
def test_the_classic_catastrophes_are_answered_at_once(pattern: str) -> None:
    assert feel("matches(text, pattern)", {"text": "a" * 5_000 + "!", "pattern": pattern}) is False


@pytest.mark.parametrize("pattern", [r"^(a+)+\1$", r"(a*)*\1b", r"(a|a)*\1c"])
def test_a_catastrophe_with_back_references_ends_with_the_budget(pattern: str) -> None:
    with pytest.raises(EvaluationError, match="budget"):
        feel("matches(text, pattern)", {"text": "a" * 5_000 + "!", "pattern": pattern})
