#!/usr/bin/python3
"""Applies change files row by row, as the system did that the loader replaced: an upsert or a delete for each row, one
connection, a transaction for each file. Prints seconds, from opening the first file to the answer to the last commit:
start of the interpreter and connecting are left out.

row_by_row.py CONNECTION FILE…             one transaction per file
row_by_row.py --book CONNECTION FILE…      the same, and a row of bookkeeping a file"""
import csv
import gzip
import sys
import time

import psycopg2

COLUMNS = (
    "exec_id order_id cl_ord_id exec_type ord_status side last_qty last_px last_mkt cum_qty leaves_qty avg_px "
    "aggressor_indicator exec_ref_id text transact_time"
).split()
UPSERT = (
    f"INSERT INTO executions ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))}) "
    f"ON CONFLICT (exec_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in COLUMNS[1:])}"
)
DELETE = "DELETE FROM executions WHERE exec_id = %s"
BOOK = "INSERT INTO deliveries (file, rows) VALUES (%s, %s)"


def main():
    arguments = sys.argv[1:]
    book = arguments[0] == "--book" and arguments.pop(0)
    connection = psycopg2.connect(arguments[0])
    connection.autocommit = False
    cursor = connection.cursor()
    begin = time.perf_counter()
    for file in arguments[1:]:
        rows = 0
        with gzip.open(file, "rt", newline="") as text:
            for operation, *fields in csv.reader(text):
                rows += 1
                if operation == "D":
                    cursor.execute(DELETE, fields[:1])
                else:
                    cursor.execute(UPSERT, [field or None for field in fields])
        if book:
            cursor.execute(BOOK, (file, rows))
        connection.commit()
    print(time.perf_counter() - begin)


main()
