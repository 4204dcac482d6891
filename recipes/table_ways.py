#!/usr/bin/env python
"""Measure what each way of use of a model gives, and write the table wherever it stands.

    python recipes/table_ways.py --data-dir DATA
    python recipes/table_ways.py --source humpcat/pretrained/mini --corpus ravdess --draws 3 --data-dir DATA \\
        --out runs/ways

One clip of a stranger, several clips of one speaker, a whole corpus without labels, five labelled clips a class, 20 %
of the speakers. SOURCE/ways.json holds the figures, SOURCE/README.md shows them. Those of the model that comes with
humpcat are in `humpcat predict --help` too, and in README.md and docs/mini.md between `<!-- ways -->` and
`<!-- end -->`, which this renews. The benchmark behind it lies in OUT: finished parts are kept, and
recipes/benchmark_humpcat.py adds to them.
"""

import re
from pathlib import Path

from humpcat.arguments import parse
from humpcat.benchmarks.ways import WaysSettings, measure_ways
from humpcat.cli import reporting_errors
from humpcat.files import write_text
from humpcat.models.card import corpora_seen, encoder_training, write_card
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.pretrained import pretrained
from humpcat.training.settings import TargetDataSettings

PAGES = ("README.md", "docs/mini.md")
TABLE = re.compile(r"(?<=<!-- ways -->\n\n).*?(?=\n\n<!-- end -->)", re.DOTALL)


@reporting_errors
def main() -> None:
    settings, data = parse([WaysSettings, TargetDataSettings], __doc__)
    folder = Path(settings.source)
    ways = measure_ways(settings, data)
    ways.write(folder)
    write_card(
        folder, HumpCatConfig.from_pretrained(folder), corpora_seen(folder), trained_on=encoder_training(folder)
    )
    for page in PAGES if folder.resolve() == pretrained() else ():
        place = Path(__file__).parents[1] / page
        write_text(place, TABLE.sub(lambda _: ways.markdown(), place.read_text(encoding="utf-8")))
    print(ways.markdown())


if __name__ == "__main__":
    main()
