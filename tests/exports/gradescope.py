#!/usr/bin/env python3
"""Gradescope: the specification as a schema; sums; discretion."""
import json

from exporting import (RESULTS, expect, expect_discreet, export, result_of,
                       result_path, validate)

for name in RESULTS:
    for visibility in ("visible", "after_due_date", "after_published"):
        text = export("gradescope", result_path(name), "--visibility",
                      visibility).decode()
        document = json.loads(text)
        validate(document, "gradescope")
        expect(document["score"] == result_of(name)["score"], "the score")
        expect(sum(test["score"] for test in document["tests"]) ==
               document["score"], "tests add up")
        expect(sum(test["max_score"] for test in document["tests"]) == 100,
               "tests add up to 100")
        expect_discreet(text, result_of(name))

document = json.loads(export("gradescope", result_path("broken"),
                             "--visibility", "hidden"))
validate(document, "gradescope")
shown = [test for test in document["tests"] if test["visibility"] != "hidden"]
expect(0 < len(shown) < len(document["tests"]), "some are hidden")
expect_discreet(json.dumps(shown, ensure_ascii=False), result_of("broken"))
