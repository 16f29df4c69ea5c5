#!/usr/bin/env python3
"""Our own result.json is as docs/result.md says."""
from exporting import RESULTS, expect, hidden_words, result_of, validate

for name in RESULTS:
    validate(result_of(name), "result")
expect(result_of("whole")["score"] == 100, "all points")
expect(0 < result_of("broken")["score"] < 100, "some points")
expect(any(hidden_words(result_of("broken"))), "a hidden test that says why")
