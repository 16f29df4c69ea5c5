#!/usr/bin/env python3
"""CSV: Python's reader finds what the class has, and no formula."""
import csv
import io

from exporting import HERE, expect, export

data = export("csv", f"{HERE}/class.json")
expect(data.startswith(b"\xef\xbb\xbf"), "a byte order mark")
expect(data.count(b"\n") == data.count(b"\r\n") == 4, "four lines, CRLF")
rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""),
                           strict=True))
expect(rows[0]["name"] == 'Ada, "the Countess"', "quotes and commas come back")
expect(rows[0]["lab1-buddy"] == "87.25", "points")
expect(rows[2]["lab1-buddy"] == "", "no points, no zero")
expect(rows[0]["lab1-buddy days late"] == "1", "days late")
expect(rows[0]["lab2-slab days late"] == "", "no time, no zero")
expect(rows[2]["lab2-slab why"] == "'-1", "a text that looks like a number")
for row in rows:
    for cell in row.values():
        expect(cell[:1] not in ("=", "+", "-", "@", "\t", "\r"), f"no formula: {cell}")
        expect(cell.isprintable(), f"no control character: {cell!r}")
