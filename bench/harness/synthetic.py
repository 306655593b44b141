"""Buckets of any number of tiny change files that exist nowhere: names and contents are computed. All files of a table have the
same length, so that a listing knows it without making them. One insert each."""
import gzip

COLUMNS = 41


def table_names(tables):
    return ["executions"] if tables == 1 else [f"t{number:03}" for number in range(tables)]


def file_name(number):
    """Names are a millisecond apart: up to 86 million in order."""
    seconds, milliseconds = divmod(number, 1000)
    return f"20220923-{seconds // 3600:02}{seconds // 60 % 60:02}{seconds % 60:02}{milliseconds:03}.csv.gz"


def body(table, number):
    key = 10_000_000 + number
    if table == "executions":
        row = f"I,{key},1,00000000-0000-0000-0000-000000000001,0,0,1,,,,0,1,0,,,,2022-09-23 00:00:00"
    else:
        row = f"I,{key}" + ",1" * (COLUMNS - 1)
    return gzip.compress(row.encode() + b"\n", 0, mtime=0)


def write_entities(directory, tables):
    """The SQL of the wide tables, for ENTITIES."""
    directory.mkdir()
    columns = ", ".join(f"c{number:02} integer" for number in range(1, COLUMNS))
    for number, name in enumerate(table_names(tables), 1):
        (directory / f"{number:03}_{name}.sql").write_text(
            f"CREATE TABLE {name} (id bigint PRIMARY KEY, {columns}, event_id bigint NOT NULL, delivery_id bigint NOT NULL);\n"
            f"CREATE INDEX {name}_event_id ON {name} (event_id);\n"
        )
    return directory


class Keys:
    """The keys in order, as a sequence that is computed: for bisect."""

    def __init__(self, tables, files):
        self.tables, self.files = table_names(tables), files

    def __len__(self):
        return len(self.tables) * self.files

    def __getitem__(self, at):
        table, number = divmod(at, self.files)
        return f"data/dbo/{self.tables[table]}/{file_name(number)}"
