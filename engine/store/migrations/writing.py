"""The statements that make the present tables from nothing: what a new first revision consists of.

``python -m engine.store.migrations.writing`` rewrites revision 0001; forbidden once that revision is
released.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import ClauseElement, create_mock_engine

from engine.store.office_tables import seeds, triggers
from engine.store.tables import metadata


def statements(dialect: str) -> list[str]:
    """Return all statements in order, for ``sqlite`` or ``postgresql``."""
    written: list[str] = []

    def write(statement: ClauseElement, *_: object) -> None:
        written.append(str(statement.compile(dialect=database.dialect)).strip())

    database = create_mock_engine(
        {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://"}[dialect], write
    )
    metadata.create_all(database, checkfirst=False)
    # SQLAlchemy keeps a table's indexes in a set: sorted, two writings are the same.
    made = [each for each in written if each.startswith("CREATE TABLE")]
    indexes = sorted(each for each in written if not each.startswith("CREATE TABLE"))
    return made + indexes + triggers(dialect) + seeds(dialect)


def main() -> None:
    """Write the statements of revision 0001 for both databases."""
    for dialect in ("sqlite", "postgresql"):
        path = Path(__file__).parent / "versions" / f"0001.{dialect}.sql"
        path.write_text(";;\n".join(statements(dialect)) + "\n")


if __name__ == "__main__":
    main()
