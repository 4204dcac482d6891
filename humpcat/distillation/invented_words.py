"""Words that mean nothing, in the scripts of many languages: what a speech synthesiser is given to read.

Sounds, and not meaning, are what an encoder's lower layers hear. Syllables of a consonant and a vowel in a language's
script make the synthesiser say the language's own sounds; numbers in digits make it say real words.
"""

import unicodedata

import numpy as np

VOWELS_LATIN, CONSONANTS_LATIN = "aeiou", "bcdfghjklmnprstvz"

LATIN = {
    "af": "",
    "az": "əöüışçğ",
    "ca": "èòç",
    "cs": "áéíýčřšž",
    "cy": "wyŷ",
    "da": "æøå",
    "de": "äöüß",
    "en-gb": "",
    "en-gb-scotland": "",
    "en-us": "",
    "es": "ñáí",
    "es-419": "ñáí",
    "et": "äõöü",
    "eu": "",
    "fi": "äöy",
    "fr-fr": "éèêâ",
    "ga": "áéíóú",
    "ht": "òè",
    "hu": "áéöőüű",
    "id": "",
    "is": "þðæöý",
    "it": "àèù",
    "ku": "êîûşç",
    "la": "",
    "lt": "ąęėįųščž",
    "lv": "āēīūčšž",
    "mi": "",
    "ms": "",
    "mt": "ħġż",
    "nb": "æøå",
    "nl": "",
    "om": "",
    "pl": "ąęółśćżź",
    "pt": "ãõçê",
    "pt-br": "ãõçê",
    "qu": "ñ",
    "ro": "ăâîșț",
    "sk": "áäčľšťž",
    "sl": "čšž",
    "sq": "ëç",
    "sv": "åäö",
    "sw": "",
    "tn": "",
    "tr": "öüışçğ",
    "uz": "",
    "vi": "àáảãạâấầêếềôốồơớờưứừăắằđ",
}
"""Voices of espeak-ng whose script is Latin, with the letters that the language has beside the common ones."""

SYLLABIC = {
    "am": 0x1200,
    "hi": 0x0900,
    "mr": 0x0900,
    "ne": 0x0900,
    "bn": 0x0980,
    "as": 0x0980,
    "pa": 0x0A00,
    "gu": 0x0A80,
    "or": 0x0B00,
    "ta": 0x0B80,
    "te": 0x0C00,
    "kn": 0x0C80,
    "ml": 0x0D00,
    "ko": 0xAC00,
    "ja": 0x3040,
}
"""Voices whose script writes syllables, with the first code point of its Unicode block."""

ALPHABETIC = {
    "ru": ("бвгджзклмнпрстфхцчш", "аеиоуыэюя"),
    "uk": ("бвгджзклмнпрстфхцчш", "аеиоуієюя"),
    "bg": ("бвгджзклмнпрстфхцчш", "аеиоуъ"),
    "sr": ("бвгджзклмнпрстфхцчшљњћђ", "аеиоу"),
    "kk": ("бвгғджзкқлмнңпрстш", "аәеиоөұүы"),
    "el": ("βγδζθκλμνξπρστφχψ", "αεηιουωάέίό"),
    "ka": ("ბგდვზთკლმნპჟრსტფქღყშჩცძწჭხჯჰ", "აეიოუ"),
    "hy": ("բգդզթժլխծկհձղճմնշչպջռսվտրցփք", "աեէըիոօ"),
    "ar": ("بتثجحخدذرزسشصضطظعغفقكلمنه", "اوي"),
    "fa": ("بپتجچخدرزژسشغفقکگلمنه", "اوی"),
    "ur": ("بپتٹجچخدڈرزسشغفقکگلمنہ", "اویے"),
    "he": ("בגדזחטכלמנספצקרשת", "אויה"),
}
"""Voices with an alphabet of their own: consonants and vowels."""

PINYIN = "cmn-latn-pinyin"
_INITIALS = [
    "b",
    "p",
    "m",
    "f",
    "d",
    "t",
    "n",
    "l",
    "g",
    "k",
    "h",
    "j",
    "q",
    "x",
    "zh",
    "ch",
    "sh",
    "r",
    "z",
    "c",
    "s",
    "y",
    "w",
]
_FINALS = [
    "a",
    "ai",
    "an",
    "ang",
    "ao",
    "e",
    "ei",
    "en",
    "eng",
    "i",
    "ian",
    "iang",
    "ie",
    "in",
    "ing",
    "ong",
    "ou",
    "u",
    "uan",
    "ui",
    "un",
    "uo",
]

VOICES = tuple(sorted({*LATIN, *SYLLABIC, *ALPHABETIC, PINYIN}))
"""Voices of espeak-ng for which words can be invented."""

_HANGUL_SYLLABLES, _HANGUL_FINALS = 11_172, 28


def sentence(voice: str, generator: np.random.Generator) -> str:
    """Return some invented words and numbers, with a mark at the end that changes the melody.

    Args:
        voice: one of ``VOICES``.
        generator: draws the words.

    Example:
        >>> sentence("it", np.random.default_rng(0)) == sentence("it", np.random.default_rng(0))
        True
    """
    words = [
        str(int(10 ** generator.uniform(0, 5))) if generator.random() < 0.25 else word(voice, generator)
        for _ in range(generator.integers(1, 7))
    ]
    return " ".join(words) + str(generator.choice([".", ".", "!", "?", ","]))


def word(voice: str, generator: np.random.Generator) -> str:
    """Return an invented word of one to four syllables.

    Args:
        voice: one of ``VOICES``.
        generator: draws the word.
    """
    return "".join(_syllable(voice, generator) for _ in range(generator.integers(1, 5)))


def _syllable(voice: str, generator: np.random.Generator) -> str:
    if voice == PINYIN:
        return f"{generator.choice(_INITIALS)}{generator.choice(_FINALS)}{generator.integers(1, 5)}"
    if voice in SYLLABIC:
        return _of_block(SYLLABIC[voice], generator)
    if voice in LATIN:
        more = LATIN[voice]
        own = [letter for letter in more if unicodedata.normalize("NFD", letter)[0] in "aeiouyəæøıơư"]
        vowels, consonants = [*VOWELS_LATIN, *own], [*CONSONANTS_LATIN, *(set(more) - set(own))]
        # In an order of their own: a set has none.
        consonants.sort()
    else:
        consonants, vowels = (list(letters) for letters in ALPHABETIC[voice])
    end = generator.choice(consonants) if generator.random() < 0.3 else ""
    return f"{generator.choice(consonants)}{generator.choice(vowels)}{end}"


def _of_block(first: int, generator: np.random.Generator) -> str:
    """Return a syllable of a script whose Unicode block begins at a code point."""
    if first == SYLLABIC["ko"]:
        # Half of them without a final consonant.
        place = int(generator.integers(_HANGUL_SYLLABLES))
        return chr(first + place - (place % _HANGUL_FINALS if generator.random() < 0.5 else 0))
    if first == SYLLABIC["ja"]:
        return chr(first + int(generator.integers(0x0A, 0x50)))
    if first == SYLLABIC["am"]:
        # Rows of eight: a consonant with each of seven vowels.
        return chr(first + 8 * int(generator.integers(0x20)) + int(generator.integers(7)))
    # The scripts of India have one plan: consonants from 0x15 on, signs of vowels from 0x3E on, with gaps.
    consonants = _assigned(first + 0x15, first + 0x3A, "Lo")
    vowels = [*_assigned(first + 0x3E, first + 0x43, "M"), *_assigned(first + 0x47, first + 0x4D, "M"), ""]
    return f"{generator.choice(consonants)}{generator.choice(vowels)}"


def _assigned(start: int, end: int, category: str) -> list[str]:
    return [chr(code) for code in range(start, end) if unicodedata.category(chr(code)).startswith(category)]
