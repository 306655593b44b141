#!/usr/bin/python3
"""parquet_to_csv.py LIBRARY FILE: the file as CSV on standard output, by DuckDB alone, without a header."""
import ctypes
import sys

library, file = sys.argv[1:]
duckdb = ctypes.CDLL(library)
duckdb.duckdb_result_error.restype = ctypes.c_char_p
database, connection, result = ctypes.c_void_p(), ctypes.c_void_p(), (ctypes.c_void_p * 6)()
assert duckdb.duckdb_open(None, ctypes.byref(database)) == 0
assert duckdb.duckdb_connect(database, ctypes.byref(connection)) == 0
statement = f"COPY (SELECT * FROM read_parquet('{file}')) TO '/dev/stdout' (FORMAT csv, HEADER false)"
if duckdb.duckdb_query(connection, statement.encode(), ctypes.byref(result)) != 0:
    sys.exit(duckdb.duckdb_result_error(ctypes.byref(result)).decode())
