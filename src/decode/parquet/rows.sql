SELECT {columns} FROM read_parquet({file}, hive_partitioning = false)
