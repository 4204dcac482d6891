import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent


def test_imports_keep_to_the_floors() -> None:
    # In a process of its own, for it disables the loggers that are there, which other tests listen to.
    code = (
        "from importlinter.cli import lint_imports; raise SystemExit(lint_imports('pyproject.toml', cache_dir=None))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_module_imports_another_in_a_circle() -> None:
    graph = grimp.build_graph("humpcat", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert set(TopologicalSorter(imports).static_order()) == graph.modules


def test_importing_humpcat_is_light() -> None:
    heavy = "{'torch', 'transformers', 'torchaudio', 'datasets'}"
    code = f"import sys, humpcat; assert not {heavy} & set(sys.modules), {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_library_holds_no_unsafe_loading() -> None:
    for path in (*ROOT.glob("humpcat/**/*.py"), *ROOT.glob("recipes/*.py")):
        text = path.read_text()
        for word in ("pickle.load", "joblib.load", "torch.load(", "trust_remote_code=True"):
            assert word not in text, f"{path.name} uses {word}"
