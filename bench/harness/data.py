"""The data of the bench, made once with a fixed seed and kept in build/bench/data: the program's own sample, change
files over its executions, and the entity tables as one would make them without the loader."""
import os
import re
import shutil
import subprocess

from . import changes

SEED = 1


class Data:
    def __init__(self, root, directory, program, quick):
        self.root, self.directory, self.program, self.quick = root, directory, program, quick

    def sample(self, executions=None):
        """The sample's full load, of 1,494,975 executions and 159,967 orders, or of another size."""
        if executions is None and self.quick:
            executions = 150_000
        name = "sample" if executions is None else f"sample-{executions}"
        arguments = [] if executions is None else ["--executions", str(executions)]
        directory = self.directory / name
        # It looks by itself whether the sample is there and complete.
        subprocess.run(
            [self.program, "sample", "--days", "0", "--seed", str(SEED), *arguments, directory],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return directory

    def parquet_full_load(self, entity, library):
        """The same, with that file as Parquet."""
        directory = self.directory / ("sample-parquet-quick" if self.quick else "sample-parquet")
        executions = ["--executions", "150000"] if self.quick else []
        subprocess.run(
            [self.program, "sample", "--days", "0", "--seed", str(SEED), "--format", "parquet", *executions, directory],
            check=True,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"DUCKDB_LIBRARY": library},
        )
        bucket = self.directory / "buckets" / f"{directory.name}-{entity}"
        shutil.rmtree(bucket, ignore_errors=True)
        shutil.copytree(directory / "dbo" / entity, bucket / "dbo" / entity, copy_function=shutil.os.link)
        return bucket, bucket / "dbo" / entity / "LOAD00000001.parquet"

    def full_load(self, entity, executions=None):
        """(bucket that holds nothing but the entity's LOAD file, that file)."""
        sample = self.sample(executions)
        bucket = self.directory / "buckets" / f"{sample.name}-{entity}"
        shutil.rmtree(bucket, ignore_errors=True)
        shutil.copytree(sample / "dbo" / entity, bucket / "dbo" / entity, copy_function=shutil.os.link)
        return bucket, bucket / "dbo" / entity / "LOAD00000001.csv.gz"

    def changes(self, sizes):
        """Change files by the number of their rows, and "warm" and "tiny": see changes.py."""
        _, file = self.full_load("executions")
        made_of = "-".join(f"{size}x{times}" for size, times in sizes)
        return changes.files(file, self.directory / f"changes-{made_of}", sizes, 200 if self.quick else 2_000)

    def plain_table(self, entity):
        """The SQL of the entity's table without the loader's two columns and without the index on event_id."""
        (file,) = (self.root / "db" / "entities").glob(f"*_{entity}.sql")
        statement = re.search(r"CREATE TABLE.*?;", file.read_text(), re.S)[0]
        return re.sub(r",\s*event_id bigint NOT NULL,\s*delivery_id bigint NOT NULL", "", statement)
