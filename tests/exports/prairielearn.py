#!/usr/bin/env python3
"""PrairieLearn: the documentation as a schema; what is not gradable."""
import json

from exporting import (RESULTS, expect, expect_discreet, export, result_of,
                       result_path, validate)

for name in RESULTS:
    text = export("prairielearn", result_path(name)).decode()
    document = json.loads(text)
    validate(document, "prairielearn")
    expect(len(text.encode()) < 1000000, "below a megabyte")
    expect(document["gradable"] == (name != "unbuilt"), "gradable if it builds")
    if document["gradable"]:
        expect(abs(document["score"] * 100 - result_of(name)["score"]) < 1e-6,
               "the score")
    expect_discreet(text, result_of(name))
