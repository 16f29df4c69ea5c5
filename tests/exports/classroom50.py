#!/usr/bin/env python3
"""Classroom 50: the published rules as a schema, and what crosses fields."""
import json

from exporting import (RESULTS, expect, expect_discreet, export, result_of,
                       result_path, validate)

RUNNER = {
    "CLASSROOM": "os", "ASSIGNMENT": "lab1", "USERNAME": "ada", "MODE": "group",
    "SUBMISSION_TAG": "submit/2026-03-01T15-59-00Z-0123abc",
    "COMMIT_URL": "https://example.org/c", "RELEASE_URL": "https://example.org/r",
    "REVIEW_URL": "https://example.org/d",
}

for name in RESULTS:
    text = export("classroom50", result_path(name), **RUNNER).decode()
    document = json.loads(text)
    validate(document, "classroom50")
    expect(document["score"] == result_of(name)["score"], "the score")
    expect(document["score"] <= document["max-score"], "score within maximum")
    for test in document["tests"]:
        expect(test["score"] <= test["max-score"], "test within its maximum")
        expect(test["passed"] == (test["score"] == test["max-score"]), "passed")
    expect_discreet(text, result_of(name))
