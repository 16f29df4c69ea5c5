#!/usr/bin/env python3
"""Canvas: a new gradebook, and one that is filled in, byte for byte."""
import csv
import io
import os
import tempfile

from exporting import HERE, expect, export

CLASS = f"{HERE}/class.json"


def rows_of(data):
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline=""),
                           strict=True))


rows = rows_of(export("canvas", CLASS))
expect(rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section",
                   "The buddy allocator", "The slab allocator"], "the header")
expect(rows[1] == ["    Points Possible", "", "", "", "", "100", "100"],
       "points possible")
expect(rows[2][2:] == ["1001", "ada", "A", "87.25", "100"], "Ada")
expect(rows[4][5:] == ["", "33.33"], "no points, no zero")

TEMPLATE = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Essay (7),"
    "The buddy allocator (8),lab2-slab (9),Final Score\n"
    ",,,,,,Manual Posting,,\n"
    "    Points Possible,,,,,10.00,100.00,20.00,(read only)\n"
    '"Lovelace, Ada",31,1001,ada,"A, B",9.00,,,90.00\n'
    '"=1+1",32,1002,-bob,A,8.00,EX,1.00,10.00\n'
    '"Li, Ming",33,1003,liming,A,7.00,55.00,,20.00\n'
    '"Student, Test",34,,abcdef,A,,,,\n')
FILLED = (TEMPLATE.replace('"A, B",9.00,,,', '"A, B",9.00,87.25,20,')
          .replace("EX,1.00,", "EX,0,").replace("55.00,,", "55.00,6.67,"))

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "export.csv")
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(TEMPLATE)
    got = export("canvas", CLASS, "--template", path).decode()
expect(got == FILLED, f"nothing else is changed:\n{FILLED}\ngot:\n{got}")
