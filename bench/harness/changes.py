"""Change files over the sample's executions, with a fixed seed: 10 % inserts, 75 % updates, 15 % deletes; half of the
updates and deletes fall on the newest 5 % of the keys, half uniformly over the table, which is a hard case for the
locality of pages. An update changes three columns. Rows are as DMS writes them: Op, then all columns."""
import gzip
import multiprocessing
import random
import shutil

KEY, AVG_PX, TEXT, TRANSACT_TIME = 0, 11, 14, 15


def rows_of(load_file):
    """The rows as lines; a quoted field may hold line breaks."""
    rows, open_row = [], None
    with gzip.open(load_file) as lines:
        for line in lines:
            line = line if open_row is None else open_row + line
            open_row = line if line.count(b'"') % 2 else None
            if open_row is None:
                rows.append(line.rstrip(b"\n"))
    return rows


class History:
    """The table's rows, in the order of their keys, and what changes them next."""

    def __init__(self, rows, seed):
        self.rows = rows
        self.random = random.Random(seed)
        self.next_key = max(int(row.split(b",", 1)[0]) for row in rows) + 1
        self.time = 0

    def copy(self, seed):
        return History(list(self.rows), seed)

    def pick(self, newest):
        """The position of some existing row; rows with quotes are ignored, to keep this simple and quick."""
        last = len(self.rows)
        first = int(last * 0.95) if newest else 0
        while True:
            at = self.random.randrange(first, last)
            if self.rows[at] is not None and b'"' not in self.rows[at]:
                return at

    def when(self):
        self.time += 7919
        second, micro = divmod(self.time, 1_000_000)
        return b"2022-09-23 %02d:%02d:%02d.%06d" % (second // 3600 % 24, second // 60 % 60, second % 60, micro)

    def change(self, kind):
        at = self.pick(newest=self.random.random() < 0.5)
        if kind == "D":
            row, self.rows[at] = self.rows[at], None
            return b"D," + row
        fields = self.rows[at].split(b",")
        fields[TRANSACT_TIME] = self.when()
        if kind == "I":
            fields[KEY] = b"%d" % self.next_key
            self.next_key += 1
            self.rows.append(b",".join(fields))
            return b"I," + self.rows[-1]
        fields[AVG_PX] = b"%d.%08d" % (self.random.randrange(1, 5000), self.random.randrange(100_000_000))
        fields[TEXT] = b"amended %d" % self.random.randrange(1_000_000)
        self.rows[at] = b",".join(fields)
        return b"U," + self.rows[at]

    def mixed(self, count):
        for kind in self.random.choices("IUD", (10, 75, 15), k=count):
            yield self.change(kind)

    def touch(self, count):
        """Updates uniformly over the table: after them nearly every page has been written once."""
        for _ in range(count):
            at = self.pick(newest=False)
            fields = self.rows[at].split(b",")
            fields[AVG_PX] = b"%d.%08d" % (self.random.randrange(1, 5000), self.random.randrange(100_000_000))
            self.rows[at] = b",".join(fields)
            yield b"U," + self.rows[at]


def write(file, rows):
    with open(file, "wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0) as out:
        out.write(b"\n".join(rows) + b"\n")


def name(second):
    return f"20220923-{8 + second // 3600:02}{second // 60 % 60:02}{second % 60:02}000.csv.gz"


def make(directory, load_file, sizes, tiny):
    """directory/warm/…: the file that touches all pages. directory/<size>/…: a sequence over what the sizes before left;
    the biggest starts again after the warm-up. directory/tiny/…: small files over the table as loaded."""
    rows = rows_of(load_file)
    history = History(list(rows), 1)
    second = 0

    def file(part):
        nonlocal second
        (directory / part).mkdir(exist_ok=True)
        second += 60
        return directory / part / name(second)

    write(file("warm"), history.touch(len(rows) * 2 // 25))
    warm = history.copy(2)
    *small, biggest = sizes
    for size, times in small:
        for _ in range(times):
            write(file(str(size)), history.mixed(size))
    for _ in range(biggest[1]):
        write(file(str(biggest[0])), warm.mixed(biggest[0]))
    history = History(rows, 3)
    (directory / "tiny").mkdir()
    for number in range(tiny):
        write(directory / "tiny" / name(7200 + number), history.mixed(history.random.randrange(1, 11)))


def once(directory, make, *arguments):
    """`make(directory, …)` unless the directory is there; in a process of its own, because it takes much memory."""
    if directory.exists():
        return
    being_made = directory.with_name(directory.name + ".part")
    shutil.rmtree(being_made, ignore_errors=True)
    being_made.mkdir(parents=True)
    process = multiprocessing.get_context("fork").Process(target=make, args=(being_made, *arguments))
    process.start()
    process.join()
    if process.exitcode != 0:
        raise RuntimeError(f"{directory} could not be made.")
    being_made.rename(directory)


def files(load_file, directory, sizes, tiny):
    once(directory, make, load_file, sizes, tiny)
    return {part.name: sorted(part.iterdir()) for part in directory.iterdir()}


def write_inserts(directory, load_file, size):
    """The rows as change files of `size` inserts each."""
    rows = [b"I," + row for row in rows_of(load_file)]
    for number, at in enumerate(range(0, len(rows), size)):
        write(directory / name(60 * number), rows[at : at + size])
