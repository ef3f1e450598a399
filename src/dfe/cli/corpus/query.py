"""`dfe corpus query`: all tables at once, in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from dfe.cli.corpus.options import Corpus
from dfe.cli.options import AsJson, Overwrite, arg

SHOWN = 100


@dataclass(frozen=True)
class Query:
    """Ask all tables of a corpus at once, in SQL; without a question, totals per subject (needs the extra "corpus").

    There are two tables: recordings (recording, subject, session, task, status, frames, ...) and frames, all rows of
    all recordings (docs/data-dictionary.md). A query changes nothing and reads nothing but the corpus.

    Examples:
        dfe corpus query out
        dfe corpus query out "SELECT recording, avg(usable::int) FROM frames GROUP BY 1"
        dfe corpus query out "SELECT subject, status, count(*) FROM recordings GROUP BY ALL" -o counts.csv
    """

    corpus: Corpus
    sql: Annotated[Positional[str], arg(metavar="SQL")] = ""
    """One SELECT; left out, totals per subject."""
    out: Annotated[Path | None, arg(aliases=["-o"], metavar="CSV", help="Where the results go: a CSV file.")] = None
    overwrite: Overwrite = False
    json: AsJson = False

    def run(self) -> int:
        """Ask, print or write the answer, return the exit code."""
        from dfe.base.csv_text import csv_text
        from dfe.base.files import refuse_existing, replacing
        from dfe.cli.show import say, show, show_json, tell
        from dfe.cli.tables import plain_table
        from dfe.corpus.query import TOTALS, CorpusDatabase
        from dfe.pages.formats import count

        if self.out is not None:
            refuse_existing(self.out, overwrite=self.overwrite)
        database = CorpusDatabase(self.corpus)
        whole = self.json or self.out is not None
        answer = database.ask(self.sql or TOTALS, None if whole else SHOWN + 1)
        database.close()
        if database.missing:
            what = f"{count(database.missing, 'listed table')} cannot be found, and frames lacks their rows"
            tell(f"note: {what}; dfe corpus verify says which")
        if self.out is not None:
            with replacing(self.out, overwrite=self.overwrite) as (file,):
                file.write(csv_text(answer.columns, answer.rows).encode("utf-8", "backslashreplace"))
            say(f"{self.out}: {len(answer.rows)} rows")
        elif self.json:
            show_json([dict(zip(answer.columns, row, strict=True)) for row in answer.rows])
        else:
            show(plain_table(answer.columns, answer.rows[:SHOWN]))
            if len(answer.rows) > SHOWN:
                tell(f"only the first {SHOWN} rows are shown; -o FILE.csv writes all")
        return 0
