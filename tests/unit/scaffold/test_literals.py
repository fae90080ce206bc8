"""Whatever a file says, it is text to Python, YAML and Jinja."""

import ast
import shutil
import subprocess
import sys

import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2.nativetypes import NativeEnvironment

from penstock.scaffold import literals

TEXT = st.text(st.characters(codec="utf-8"), max_size=30) | st.text(
    " '\"\\{}%#`-:\n\u2028\x85", max_size=12
)


@given(TEXT)
@example("a\"b'c\\")
def test_a_literal_of_python(text: str) -> None:
    literal = literals.python(text)
    assert ast.literal_eval(literal) == text
    assert literal.isprintable()


@given(TEXT)
@example("no")
@example("1_000")
@example("0x1f")
@example("\ufeff\U0001f389")
def test_a_scalar_of_yaml(text: str) -> None:
    assert yaml.safe_load(f"- name: {literals.yaml(text)}\n  a: {{b: {literals.yaml(text)}}}") == [
        {"name": text, "a": {"b": text}}
    ]


@given(st.text("{}%#- '\"ax\n", max_size=20))
def test_a_template_gives_the_text(text: str) -> None:
    environment = NativeEnvironment(keep_trailing_newline=True)
    assert environment.from_string(f"x{literals.inert(text)}y").render() == f"x{text}y"


@given(TEXT)
def test_a_code_span_is_one_line_and_never_ends_early(text: str) -> None:
    span = literals.code_span(text)
    assert (span[0], span[-1], span.count("`")) == ("`", "`", 2)
    assert len(span.splitlines()) == 1


def test_the_formatter_leaves_a_literal_as_it_is() -> None:
    texts = ["a", "it's", 'a "b"', "\"a\" 'b'", '"" \'', "\\"]
    code = "".join(f"x = {literals.python(text)}\n" for text in texts)
    ruff = shutil.which("ruff") or sys.executable.replace("python", "ruff")
    done = subprocess.run([ruff, "format", "-"], input=code, capture_output=True, text=True)
    assert done.stdout == code
