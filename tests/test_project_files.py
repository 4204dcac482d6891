"""The files that a project needs beside its code say what is true: citation, templates, workflows, links, commands."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from humpcat.cli import app
from humpcat.version import __version__

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TEMPLATES = ROOT / ".github" / "ISSUE_TEMPLATE"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
NAMING_FILES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md", "docs/releasing.md")
CODE = re.compile(r"```.*?```|`[^`]+`", re.DOTALL)
COMMAND = re.compile(r"(?<=`)humpcat\s+([a-z][a-z-]*)|^ {4}humpcat ([a-z][a-z-]*)", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
PATH = re.compile(r"(?<![\w/.-])(?:\.ci|\.github|docs|humpcat|recipes|tests)/[\w./-]*\w")

every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """Return the anchors that the forge makes of the page's headings."""
    headings = HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_citation_is_of_this_version_and_names_the_papers() -> None:
    citation = read(ROOT / "CITATION.cff")
    assert citation["version"] == __version__
    assert [paper["notes"] for paper in citation["references"]] == ["HuMP-CAT", "VACNN + BOVW", "AFSR"]


def test_a_bug_report_must_hold_the_environment() -> None:
    (environment,) = (part for part in read(TEMPLATES / "bug.yml")["body"] if part.get("id") == "environment")
    assert "humpcat env --json" in environment["attributes"]["label"]
    assert environment["validations"]["required"] is True


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.yml")), ids=lambda path: path.name)
def test_the_parts_of_a_form_have_ids_of_their_own(path: Path) -> None:
    form = read(path)
    ids = [part["id"] for part in form.get("body", []) if part["type"] != "markdown"]
    assert len(ids) == len(set(ids))
    assert bool(ids) == (path.name != "config.yml")


@every_workflow
def test_a_workflow_may_only_read_and_ends(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert "concurrency" in workflow
    for name, job in workflow["jobs"].items():
        assert job["timeout-minutes"] <= 90, name
        assert "permissions" not in job or name == "draft", name
        for step in job["steps"]:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step.get("uses", f"a/b@{'0' * 40}")), step


def test_ci_calls_the_projects_own_script_on_all_systems_from_the_oldest_python() -> None:
    job = read(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["run"]
    assert [step["run"] for step in job["steps"] if "run" in step] == ["bash .ci/run"]
    matrix = job["strategy"]["matrix"]
    assert {system.split("-")[0] for system in matrix["os"]} == {"ubuntu", "macos", "windows"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f">={matrix['python'][0]}" == project["requires-python"]


def test_hooks_are_the_checks_of_ci() -> None:
    (repository,) = read(ROOT / ".pre-commit-config.yaml")["repos"]
    hooks = [hook["name"] for hook in repository["hooks"]]
    assert hooks == ["ruff format", "ruff check", "mypy"]
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").replace('"', "")
    for hook in hooks:
        assert f"bin/{hook}" in script


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page: Path) -> None:
    for link in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            assert anchor in anchors(target), f"{page.name}: {link}"


def test_commands_that_a_page_names_exist() -> None:
    known = set(get_command(app).commands)
    named = {page.name: COMMAND.findall(page.read_text(encoding="utf-8")) for page in PAGES}
    unknown = [(page, word) for page, found in named.items() for word in map("".join, found) if word not in known]
    assert sum(map(len, named.values())) > 100
    assert unknown == []


@pytest.mark.parametrize("page", NAMING_FILES)
def test_files_that_a_page_names_exist(page: str) -> None:
    names = PATH.findall((ROOT / page).read_text(encoding="utf-8"))
    assert names
    for name in names:
        assert (ROOT / name).exists(), f"{page}: {name}"
