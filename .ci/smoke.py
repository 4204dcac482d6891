"""Use an installed humpcat as a stranger would: no checkout near, no network, nothing but what the wheel holds.

Run in an empty folder: `python smoke.py`. It makes a toy encoder, a model and a clip there, and predicts.
"""

import json
import subprocess
import sys
from pathlib import Path

import humpcat
from humpcat.corpora import CORPORA
from humpcat.corpora.toy import make_toy_corpora
from humpcat.evaluation.modules import load_metric
from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.report import report
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.toy_encoder import make_toy_encoder
from humpcat.pretrained import pretrained

CLASSES = ("anger", "happiness", "neutral", "sadness")


def command(*arguments: object) -> str:
    """Run `humpcat` in a process of its own and return what it prints."""
    words = [sys.executable, "-m", "humpcat", *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(words[2:])}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def make_model(folder: Path, encoder: Path) -> None:
    """Write an untrained model on an encoder."""
    loaded = SpeechEncoder.from_pretrained(str(encoder))
    config = humpcat.HumpCatConfig(
        encoder=str(encoder),
        encoder_hash=loaded.weights_hash(),
        encoder_normalize=loaded.normalize,
        encoder_layers=[1, 2, 3, 4],
        encoder_width=loaded.width,
        label2id={name: index for index, name in enumerate(CLASSES)},
        id2label=dict(enumerate(CLASSES)),
    )
    humpcat.HumpCatForAudioClassification(config).save_pretrained(folder)
    humpcat.HumpCatFeatureExtractor().save_pretrained(folder)


def main() -> None:
    """Try each part once."""
    here = Path.cwd().resolve()
    assert here not in Path(humpcat.__file__).resolve().parents, "run this in an empty folder, not in the checkout"
    environment = json.loads(command("env", "--json"))
    assert environment["humpcat"]["version"] == humpcat.__version__
    assert (pretrained() / "model.safetensors").is_file()

    root = make_toy_corpora(here / "toy")
    corpus = CORPORA["emodb"]
    clips = [row["path"] for row in corpus.scan(corpus.find(root)).rows][:2]
    encoder = make_toy_encoder(here / "encoder")
    make_model(here / "model", encoder)
    (here / "broken.wav").write_bytes(b"not audio")
    lines = command("predict", *clips, "--model", here / "model", "--json").splitlines()
    answers = [json.loads(line) for line in lines]
    assert len(answers) == 2
    assert all(answer.keys() >= {"file"} for answer in answers), answers
    answered = humpcat.pipeline(here / "model")(clips[0])
    assert {one["label"] for one in answered} == set(CLASSES)
    assert abs(sum(one["score"] for one in answered) - 1) < 1e-5

    # The model that comes with humpcat needs nothing that is not in the wheel.
    (line,) = command("predict", clips[0], "--json").splitlines()
    assert json.loads(line)["scores"].keys() == set(CLASSES)

    # Templates and metric modules are files of the package too.
    assert load_metric("ser_scores").compute(predictions=["anger"], references=["anger"], classes=CLASSES)["wa"] == 1.0
    rows = [row for row in corpus.scan(corpus.find(root)).rows if row["emotion"] in CLASSES]
    table = Predictions.build(
        rows,
        {row["id"]: row["emotion"] for row in rows},
        {row["id"]: [0.2 + 0.2 * (row["emotion"] == name) for name in CLASSES] for row in rows},
        CLASSES,
        system="smoke",
        draw=0,
        model_hash="0",
        guarantee="speaker-disjoint",
    )
    table.write(here / "predictions.parquet")
    report([here / "predictions.parquet"], here / "report")
    assert "smoke" in (here / "report" / "report.html").read_text(encoding="utf-8")
    print(f"humpcat {humpcat.__version__} works from {Path(humpcat.__file__).parent}.")


if __name__ == "__main__":
    main()
