"""Facts about the texts: each one is in the catalogues, translated, with its facts in their places."""

import importlib
import json
import pkgutil
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import force_locale

from core.access import NotAllowed
from core.errors import DomainError
from dispatch.lifecycle import TRANSITIONS, Action, refuse
from dispatch.models.jobs import JobStatus
from inventory.models import PlaceKind
from web import wording
from web.languages import LANGUAGES, TRANSLATIONS

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "web" / "templates"
SCRIPTS = ROOT / "web" / "frontend" / "src"
SCRIPT_CATALOGUES = ROOT / "web" / "frontend" / "messages"
PACKAGES = ("core", "routing", "inventory", "customers", "dispatch", "desk", "api", "web", "app")
# English stands in the code itself.
TRANSLATED = LANGUAGES[1:]
NAMED_PLACE = re.compile(r"%\(\w+\)s")
SCRIPT_PLACE = re.compile(r"\{\w+\}")
SCRIPT_SENTENCE = re.compile(r'\bt\(\s*"((?:[^"\\]|\\.)+)"')
# The product's name and what the map's licence asks to be named are the same in every language.
NAMES = {"Wrenchway"}


def po_file(locale: str) -> Path:
    return TRANSLATIONS / locale / "LC_MESSAGES" / "messages.po"


def messages() -> list[Message]:
    """Every text of every catalogue."""
    found: list[Message] = []
    for language in TRANSLATED:
        with po_file(language.locale).open("rb") as file:
            found += [message for message in read_po(file, locale=language.locale) if message.id]
    return found


def forms(text: str | Sequence[str] | None) -> tuple[str, ...]:
    """A text, or all its plural forms."""
    return (text,) if isinstance(text, str) else tuple(text or ())


def refusals(kind: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from refusals(narrower)


def all_refusals() -> set[type[DomainError]]:
    """Every refusal of the product; each module is imported, because one that is not has no subclasses yet."""
    for package in map(importlib.import_module, PACKAGES):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    return {kind for kind in refusals() if kind.__module__.partition(".")[0] in PACKAGES}


def test_collecting_the_texts_again_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again = tmp_path / "translations"
    shutil.copytree(TRANSLATIONS, again)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")

    done = subprocess.run(
        ["sh", TRANSLATIONS / "collect.sh", again], capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    for language in TRANSLATED:
        collected = again / language.locale / "LC_MESSAGES" / "messages.po"
        assert collected.read_text() == po_file(language.locale).read_text(), "Run “make messages” and translate."


def test_every_text_is_translated() -> None:
    assert [message.id for message in messages() if not all(forms(message.string) or [""]) or message.fuzzy] == []


def test_a_translation_has_the_same_facts_as_its_text() -> None:
    def wrong(message: Message) -> bool:
        # A language may leave out "one" of a plural, but it never names a fact that is not given.
        given = [set(NAMED_PLACE.findall(form)) for form in forms(message.id)]
        return any(set(NAMED_PLACE.findall(form)) not in given for form in forms(message.string))

    assert [message.id for message in messages() if wrong(message)] == []


def test_a_translation_keeps_the_percent_signs_of_its_text() -> None:
    # Templates fill every text, also those without a fact: a lone percent sign would break the page.
    for message in messages():
        for form in (*forms(message.id), *forms(message.string)):
            assert re.sub(r"%(?:%|\(\w+\)s)", "", form).count("%") == 0, message.id


def test_every_refusal_is_in_the_catalogues_and_takes_its_facts() -> None:
    translated = {form: forms(message.string)[0] for message in messages() for form in forms(message.id)}

    for refusal in all_refusals():
        facts = {place[2:-2]: "…" for place in NAMED_PLACE.findall(refusal.sentence)}
        assert refusal.sentence in translated, refusal
        assert refusal.sentence % facts
        assert translated[refusal.sentence] % facts


@pytest.mark.parametrize("status", JobStatus)
def test_a_refused_action_names_no_code(app: Flask, status: JobStatus) -> None:
    with pytest.raises(DomainError) as refused:
        refuse(status, next(action for action in Action if action not in TRANSITIONS[status]), number="7")

    with app.test_request_context(), force_locale("zh_Hans_CN"):
        assert not re.search("[A-Za-z]", wording.sentence(refused.value))


def test_roles_are_named_in_the_readers_language(app: Flask) -> None:
    with app.test_request_context(), force_locale("zh_Hans_CN"):
        assert "管理员、调度员" in wording.sentence(NotAllowed(roles="admin, dispatcher"))


def test_every_action_on_a_job_can_be_named_in_a_refusal() -> None:
    assert {*Action, "change"} <= set(wording.ACTIONS)


def test_every_kind_of_place_can_be_named_in_a_refusal() -> None:
    assert set(PlaceKind) <= set(wording.FACTS["needed"])


def test_the_catalogues_of_the_scripts_hold_exactly_their_sentences() -> None:
    used = {sentence for script in SCRIPTS.rglob("*.ts") for sentence in SCRIPT_SENTENCE.findall(script.read_text())}

    for language in TRANSLATED:
        catalogue = json.loads((SCRIPT_CATALOGUES / f"{language.tag}.json").read_text())
        assert set(catalogue) == used
        for sentence, translation in catalogue.items():
            assert translation
            assert set(SCRIPT_PLACE.findall(translation)) == set(SCRIPT_PLACE.findall(sentence))


class _Visible(HTMLParser):
    """Collects what a reader sees or hears of a template that stands outside its expressions."""

    SAID = ("aria-label", "title", "placeholder", "alt")
    # A command is typed as it is in every language, and keys are called what is printed on them.
    SILENT = ("script", "style", "code", "kbd")

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in self.SILENT
        self.texts += [value or "" for name, value in attrs if name in self.SAID]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in self.SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts.append(data)


EXPRESSION = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
# What a block or a macro puts into somebody else's tag stands between tags, but is no text.
CLASSES = re.compile(r"\{% block body_class %\}.*?\{% endblock %\}")
ATTRIBUTE = re.compile(r'[a-z-]+="[^"]*"')


def words_outside_expressions(template: str) -> list[str]:
    parser = _Visible()
    parser.feed(EXPRESSION.sub("", CLASSES.sub("", template)))
    texts = (ATTRIBUTE.sub("", text) for text in parser.texts)
    return [word for text in texts for word in re.findall(r"[A-Za-z]{2,}", text) if word not in NAMES]


@pytest.mark.parametrize("template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_a_template_has_no_words_outside_the_catalogues(template: Path) -> None:
    assert words_outside_expressions(template.read_text()) == []


def test_words_that_stand_in_a_template_are_found() -> None:
    template = """<p title="Stock">{{ _("Parts") }} left {% if x %}Jobs{% endif %} <code>make run</code></p>"""

    assert words_outside_expressions(template) == ["Stock", "left", "Jobs"]
