"""The card of a small encoder: from whom and from what audio it learnt, which the leakage guard reads."""

from collections.abc import Sequence
from pathlib import Path

from huggingface_hub import metadata_save

from humpcat.distillation.settings import AudioSettings
from humpcat.features.trained_on import CARD, trained_on


def write_encoder_card(
    folder: Path,
    teacher: str,
    teacher_hash: str,
    audio: AudioSettings,
    probed: Sequence[str] = (),
    before: Sequence[str] = (),
) -> None:
    """Write the card beside the weights.

    Args:
        folder: the encoder's.
        teacher: name in the hub or folder of the encoder that was learnt from.
        teacher_hash: hash of its weights, by which a copy in a folder is known.
        audio: what was heard.
        probed: corpora of which the labels told what in the teacher tells emotions.
        before: what the encoder that it began with had heard.
    """
    name = trained_on(teacher, hashes=[teacher_hash]).encoder
    heard = [*audio.learnt_from, *(Path(folder).name for folder in audio.folders or ()), *before]
    heard = list(dict.fromkeys(heard))
    spoken = f" and {audio.synthetic_hours:g} hours that espeak-ng says" if audio.synthetic_hours else ""
    labels = f" The labels of {', '.join(probed)} told which of its directions tell emotions." if probed else ""
    (folder / CARD).write_text(
        "# A small speech encoder\n\n"
        f"Learnt to predict hidden states of `{name}` by `recipes/train_mini.py`, on audio without labels: "
        f"{', '.join(heard) or 'none of a corpus'}{spoken}.{labels}\n",
        encoding="utf-8",
    )
    metadata_save(
        folder / CARD,
        {
            "base_model": name,
            "datasets": list(dict.fromkeys([*heard, *probed])),
            "library_name": "transformers",
            "tags": ["humpcat"],
        },
    )
