"""Clips that hold no speech, from which nothing is learnt: they would teach that a class sounds like nothing."""

from dataclasses import replace

from humpcat import audio
from humpcat.corpora.scan import shortened
from humpcat.errors import AudioError
from humpcat.features.speech import find_speech
from humpcat.training.data.prepared_corpus import PreparedCorpus


def without_silence(prepared: PreparedCorpus) -> tuple[PreparedCorpus, list[str]]:
    """Leave out clips that hold no speech.

    Whoever adapts has few clips: their speech is looked for anew, as the pipeline does it.

    Args:
        prepared: labelled or unlabelled clips.

    Returns:
        The others, and what is to be said of those left out.
    """
    silent = {clip_id for clip_id, row in prepared.rows.items() if _is_silent(row["path"])}
    if not silent:
        return prepared, []
    kept = replace(
        prepared,
        rows={clip_id: row for clip_id, row in prepared.rows.items() if clip_id not in silent},
        classes={clip_id: name for clip_id, name in prepared.classes.items() if clip_id not in silent},
    )
    count = "a clip holds" if len(silent) == 1 else f"{len(silent)} clips hold"
    return kept, [f"{count} no speech, from which nothing is learnt; left out: {shortened(sorted(silent))}."]


def _is_silent(path: str) -> bool:
    try:
        return not find_speech(audio.load(path)).found
    except AudioError:
        # It was read a minute ago and is named where it is used.
        return False
