"""The card of a small encoder: from whom and from what audio it learnt, which the leakage guard reads."""

from pathlib import Path

from huggingface_hub import metadata_save

from humpcat.distillation.settings import AudioSettings
from humpcat.features.trained_on import CARD, trained_on


def write_encoder_card(folder: Path, teacher: str, teacher_hash: str, audio: AudioSettings) -> None:
    """Write the card beside the weights.

    Args:
        folder: the encoder's.
        teacher: name in the hub or folder of the encoder that was learnt from.
        teacher_hash: hash of its weights, by which a copy in a folder is known.
        audio: what was heard.
    """
    name = trained_on(teacher, hashes=[teacher_hash]).encoder
    spoken = f" and {audio.synthetic_hours:g} hours that espeak-ng says" if audio.synthetic_hours else ""
    (folder / CARD).write_text(
        "# A small speech encoder\n\n"
        f"Learnt to predict hidden states of `{name}` by `recipes/train_mini.py`, on audio without labels: "
        f"{', '.join(audio.learnt_from) or 'none of a corpus'}{spoken}.\n",
        encoding="utf-8",
    )
    metadata_save(
        folder / CARD,
        {"base_model": name, "datasets": audio.learnt_from, "library_name": "transformers", "tags": ["humpcat"]},
    )
