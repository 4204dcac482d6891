#!/usr/bin/env python
"""Measure how far groups of like voices are the speakers, where nobody says who speaks.

    python recipes/bench_voices.py --corpora emodb mesd --data-dir DATA

MFCC and prosody of the clips of four classes are computed (a minute or two a corpus), or read from --store.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from humpcat.cli import reporting_errors
from humpcat.corpora import CORPORA, FOUR
from humpcat.evaluation.markdown_table import markdown_table
from humpcat.features.extraction import extract
from humpcat.features.mfcc import Mfcc
from humpcat.features.prosody import Prosody
from humpcat.features.store import FeatureStore
from humpcat.features.voices import CEPSTRA, voices
from humpcat.protocols import labelled


@reporting_errors
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", nargs="+", default=["emodb", "mesd"], help="Corpora by their registered names.")
    parser.add_argument("--data-dir", help="Folder that holds the corpora; $HUMPCAT_DATA by default.")
    parser.add_argument("--store", default="runs/voices/store", help="Folder of the feature store.")
    arguments = parser.parse_args()
    table = [["corpus", "clips", "speakers", "means of MFCC", "voices, number given", "voices", "groups"]]
    for name in arguments.corpora:
        rows = CORPORA[name].scan(CORPORA[name].find(arguments.data_dir)).rows
        known = labelled(rows, FOUR)[0]
        paths = {row["id"]: row["path"] for row in rows if row["id"] in known}
        features = extract(paths, [Mfcc(), Prosody()], FeatureStore(Path(arguments.store)))
        speakers = [row["speaker"] for row in rows if row["id"] in features]
        clips = [features[row["id"]] for row in rows if row["id"] in features]
        count = len(set(speakers))
        means = np.array([clip["mfcc"][:, CEPSTRA].mean(0) for clip in clips])
        plain = KMeans(count, n_init=10, random_state=0).fit_predict((means - means.mean(0)) / means.std(0))
        chosen = voices(clips)
        scores = [adjusted_rand_score(speakers, found) for found in (plain, voices(clips, count), chosen)]
        cells = [name, str(len(clips)), str(count), *(f"{score:.2f}" for score in scores), str(len(set(chosen)))]
        table.append(cells)
    print("Adjusted Rand index of groups and speakers; 1 if they are the same, 0 as by chance.\n")
    print("\n".join(markdown_table(table)))


if __name__ == "__main__":
    main()
