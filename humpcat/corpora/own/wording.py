"""What a person may call an emotion, in several languages, and the canonical emotion that is meant."""

import unicodedata
from collections.abc import Iterable, Mapping

from humpcat.corpora.labels import EMOTIONS
from humpcat.errors import CorpusError

# English with abbreviations; German; Italian; Spanish; French; Portuguese; Polish; Mandarin, in characters and in
# pinyin. Single letters are left out on purpose: A is anger in one corpus and Angst (fear) in another.
_WORDS = {
    "anger": "anger, angry, ang, mad, furious, rage; wut, wütend, ärger, ärgerlich, zorn, zornig; rabbia, arrabbiato, "
    "arrabbiata, ira; rabia, enojo, enojado, enojada, enfado, enfadado, enfadada; colère, en colère, fâché, fâchée; "
    "raiva, zangado, zangada; gniew, złość, zlosc, zły, zly; 生气, 愤怒, shengqi, fennu",
    "boredom": "boredom, bored, bor; langeweile, gelangweilt; noia, annoiato, annoiata; aburrimiento, aburrido, "
    "aburrida; ennui, ennuyé, ennuyée; tédio, entediado, entediada; nuda, znudzenie; 无聊, wuliao",
    "calm": "calm, cal, calmness, relaxed; ruhe, ruhig; calma, calmo; tranquilo, tranquila; calme; spokój, spokojny; "
    "平静, pingjing",
    "contempt": "contempt, contemptuous; verachtung; disprezzo; desprecio; mépris; desprezo; pogarda; 轻蔑, qingmie",
    "disgust": "disgust, disgusted, dis; ekel, angeekelt; disgusto, disgustato, disgustata; asco; dégoût, dégoûté, "
    "dégoûtée; nojo; wstręt, obrzydzenie; 厌恶, yanwu",
    "excitement": "excitement, excited, exc; begeisterung, begeistert; eccitazione, eccitato, eccitata; excitación; "
    "excitation, excité, excitée; excitação; podekscytowanie; 兴奋, xingfen",
    "fear": "fear, fearful, fea, afraid, scared; angst, ängstlich, furcht; paura, impaurito, impaurita; miedo; peur, "
    "apeuré, apeurée; medo; strach, lęk; 恐惧, 害怕, kongju, haipa",
    "frustration": "frustration, frustrated, fru; frustriert; frustrazione, frustrato, frustrata; frustración, "
    "frustrado, frustrada; frustré, frustrée; frustração; frustracja; 挫败, cuobai",
    "happiness": "happiness, happy, hap, joy, joyful; freude, fröhlich, glück, glücklich; gioia, felicità, felice; "
    "alegría, alegre, felicidad, feliz; joie, joyeux, joyeuse, heureux, heureuse; felicidade; radość, szczęście, "
    "szczęśliwy; 高兴, 快乐, 开心, gaoxing, kuaile, kaixin",
    "neutral": "neutral, neu, neutrality; neutrale, neutralität; neutro, neutralità; neutra, neutralidad; neutre; "
    "neutralidade; neutralny, neutralność; 中性, 中立, zhongxing, zhongli",
    "sadness": "sadness, sad; trauer, traurig, traurigkeit; tristezza, triste; tristeza; tristesse; smutek, smutny; "
    "悲伤, 伤心, 难过, beishang, shangxin, nanguo",
    "surprise": "surprise, surprised, sur, pleasant surprise; überraschung, überrascht; sorpresa, sorpreso; "
    "sorprendido, sorprendida; surpris; surpresa, surpreso; zaskoczenie, zaskoczony; 惊讶, 惊奇, jingya, jingqi",
}


def emotion_of(wording: str) -> str | None:
    """Return the canonical emotion that a wording means, whatever its case, accents and punctuation.

    Args:
        wording: one word, or a few.

    Returns:
        One of :data:`humpcat.corpora.labels.EMOTIONS`, None for a wording that is not understood.

    Example:
        >>> emotion_of("Überrascht"), emotion_of("NEU."), emotion_of("生气"), emotion_of("spk1")
        ('surprise', 'neutral', 'anger', None)
    """
    return _EMOTION_OF.get(_plain(wording))


def emotions_of(found: Iterable[str], own: Mapping[str, str | None]) -> dict[str, str | None]:
    """Say which canonical emotion each label means.

    Args:
        found: labels of the data.
        own: the user's word for some of them, which goes before the wording; None for a label without emotion.

    Raises:
        CorpusError: ``own`` names an emotion that is not canonical.

    Example:
        >>> emotions_of(["sad", "grumpy"], {"grumpy": "anger"})
        {'grumpy': 'anger', 'sad': 'sadness'}
    """
    for label, emotion in own.items():
        if emotion is not None and emotion not in EMOTIONS:
            raise CorpusError(
                f"--labels {label}={emotion}: no such emotion, expected one of {', '.join(EMOTIONS)}, or None."
            )
    return {label: own[label] if label in own else emotion_of(label) for label in sorted(set(found))}


def _plain(wording: str) -> str:
    apart = unicodedata.normalize("NFKD", wording.casefold())
    return "".join(character for character in apart if character.isalnum())


_EMOTION_OF = {
    _plain(word): emotion
    for emotion, words in _WORDS.items()
    for language in words.split(";")
    for word in language.split(",")
}
