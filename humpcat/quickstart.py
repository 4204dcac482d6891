"""The quickstart: every step of the main job on synthetic speech, with nothing to download and nothing to set."""

import time
from pathlib import Path

from humpcat.cache import cache_folder, require_writable
from humpcat.corpora import CORPORA, target_corpus
from humpcat.corpora.toy import make_toy_corpora
from humpcat.errors import SettingsError
from humpcat.inference.pipeline import pipeline
from humpcat.keywords import named_keywords
from humpcat.setting_ranges import SEEDS
from humpcat.training.checkpoint import SETTINGS, read_settings
from humpcat.training.settings import AdaptationSettings, DataSettings, TargetSettings
from humpcat.training.source import train
from humpcat.training.target import finetune_target
from humpcat.training.trainer.accelerator import make_accelerator

LANGUAGES = {"de": "German", "it": "Italian", "es": "Spanish", "zh": "Chinese"}
DRAWS = 2

CAVEAT = (
    "All speech here is SYNTHETIC and the encoder is random: these figures show that every part runs, "
    "and prove nothing about people."
)


@named_keywords
def run(out: Path, seed: int = 0) -> None:
    """Train a source model, fine-tune it in four languages, print the tables and a prediction.

    What an interrupted run finished is kept: the same call goes on from there.

    Args:
        out: folder for models and results.
        seed: seed of everything random.

    Raises:
        SettingsError: the folder holds a quickstart of another seed, or the seed is out of range.
        HumpcatError: the folder or the cache cannot be written.
    """
    began = time.monotonic()
    SEEDS.require("--seed", seed)
    _refuse_another_seed(out, seed)
    require_writable(out, "--out")
    print(CAVEAT)
    data, source = DataSettings(toy=True), str(out / "source")
    shares = {"valid_share": 0.2, "test_share": 0.2}
    english = train(corpus=["iemocap"], toy=True, out=source, seed=seed, epochs=8, patience=8, resume=True, **shares)
    tables = {"English (source)": english}
    for code, language in LANGUAGES.items():
        target = TargetSettings(
            lang=code, source=source, out=str(out / code), draws=DRAWS, baseline=False, resume=True
        )
        # The steps of one epoch show that the part runs; all of them would take most of the time.
        adaptation = AdaptationSettings(seed=seed, epochs=1)
        tables[language] = finetune_target(target, data, adaptation, make_accelerator(adaptation, str(out / code)))

    for language, summary in tables.items():
        print(f"\n{language}\n{summary.markdown()}")
    corpus = target_corpus("de")
    clip = corpus.scan(corpus.find(make_toy_corpora(cache_folder() / "toy"))).rows[0]
    answer = pipeline(out / "de" / "draw-0")(clip["path"])
    print(f"\n{clip['path']} ({CORPORA[clip['corpus']].labels[clip['label']]}) sounds like")
    for row in answer:
        print(f"  {row['label']:<10} {row['score']:.2f}")
    print(f"\nModels and results lie in {out}; {time.monotonic() - began:.0f} s. {CAVEAT}")


def _refuse_another_seed(out: Path, seed: int) -> None:
    """Keep what was made with another seed, from which this run cannot go on."""
    if not (out / "source" / SETTINGS).is_file():
        return
    before = read_settings(out / "source").get("seed")
    if before != seed:
        raise SettingsError(
            f"--seed {seed}: {out} holds a quickstart with the seed {before}: take that, or name another folder by "
            "--out."
        )
