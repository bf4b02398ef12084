"""Catalogues of made-up features, as large as a benchmark wants them."""

import itertools
import random
import time

from harness.cluster import Database


class Writer:
    """Titles and descriptions of made-up words, the n-th of which is 1/n as common as the first."""

    def __init__(self, vocabulary: int, seed: int) -> None:
        self._dice = random.Random(seed)
        syllables = ["ba", "cel", "di", "for", "gu", "kan", "le", "mi", "nor", "pu", "ra", "ses", "ti", "vo", "zu", "al", "er", "in"]
        words = dict.fromkeys("".join(self._dice.choices(syllables, k=self._dice.choice([2, 3, 3, 4]))) for _ in range(2 * vocabulary))
        self._words = list(itertools.islice(words, vocabulary))
        self._weights = list(itertools.accumulate(1 / (n + 10) for n in range(len(self._words))))

    def words(self, count: int) -> list[str]:
        return self._dice.choices(self._words, cum_weights=self._weights, k=count)

    def feature(self) -> tuple[str, str]:
        return " ".join(self.words(self._dice.randint(2, 8))), " ".join(self.words(self._dice.randint(10, 40)))

    def same_again(self, title: str, description: str) -> tuple[str, str]:
        """Some of the words, and some others."""
        kept = [word for word in title.split() if self._dice.random() < 0.8] or title.split()
        return " ".join(kept + self.words(1)), " ".join(description.split()[::2] + self.words(8))


def fill(database: Database, features: list[tuple[str, str]]) -> None:
    database.sql("CREATE EXTENSION headway")
    database.sql("SELECT headway_add_workspace('bench')")
    database.sql("SELECT headway_add_theme('Everything')")
    with database.connect() as session, session.cursor() as cursor:
        session.execute("CREATE TABLE given (n bigint GENERATED ALWAYS AS IDENTITY, name text, description text)")
        with cursor.copy("COPY given (name, description) FROM STDIN") as copy:
            for feature in features:
                copy.write_row(feature)
    database.sql("""INSERT INTO headway.features (workspace_id, theme_id, name, description, type, theme_seq)
        SELECT h.workspace_id, h.id, g.name, g.description, 'feature_request', g.n FROM headway.themes h, given g""")
    database.sql("UPDATE headway.themes SET feature_seq = (SELECT max(n) FROM given)")


def fold(database: Database) -> float:
    began = time.monotonic()
    while database.value("SELECT (headway_tick() ->> 'folded')::int"):
        pass
    return time.monotonic() - began
