import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parent.parent


def test_imports_keep_to_the_floors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=None) == 0


def test_importing_humpcat_is_light() -> None:
    heavy = "{'torch', 'transformers', 'torchaudio', 'datasets'}"
    code = f"import sys, humpcat; assert not {heavy} & set(sys.modules), {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_library_holds_no_unsafe_loading() -> None:
    for path in (*ROOT.glob("humpcat/**/*.py"), *ROOT.glob("recipes/*.py")):
        text = path.read_text()
        for word in ("pickle.load", "joblib.load", "torch.load(", "trust_remote_code=True"):
            assert word not in text, f"{path.name} uses {word}"
