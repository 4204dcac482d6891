import re
import tomllib
from pathlib import Path

from humpcat.packages import PACKAGES

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=!~ ;\[]", requirement)[0] for requirement in requirements}


def test_the_table_is_what_pyproject_asks_for() -> None:
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    always = {package.name for package in PACKAGES if not package.extra}
    assert always - {"huggingface-hub"} == names(project["dependencies"]) - {"huggingface-hub"}
    extras = {name: names(asked) for name, asked in project["optional-dependencies"].items() if name != "test"}
    assert {package.extra for package in PACKAGES if package.extra} == set(extras)
    for extra, asked in extras.items():
        assert {package.name for package in PACKAGES if package.extra == extra} == asked
