"""A document follows the schema, and its summary is that of its tests."""

import json
import sys

import jsonschema


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def main(schema, path):
    document = load(path)
    jsonschema.validate(document, load(schema))
    summary = document["results"]["summary"]
    statuses = [test["status"] for test in document["results"]["tests"]]
    assert summary["tests"] == len(statuses)
    for word in ("passed", "failed", "skipped", "pending", "other"):
        assert summary[word] == statuses.count(word), word
    assert 0 < summary["start"] <= summary["stop"]


main(*sys.argv[1:])
