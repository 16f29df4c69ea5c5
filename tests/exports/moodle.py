#!/usr/bin/env python3
"""Moodle: worksheets in three languages, written as Moodle writes them."""
import csv
import io
import os
import tempfile

from exporting import HERE, expect, export

CLASS = f"{HERE}/class.json"
WORKSHEETS = {
    "en": (["Identifier", "Full name", "ID number", "Email address", "Status",
            "Grade", "Maximum grade", "Marking workflow state",
            "Grade can be changed", "Last modified (submission)", "Online text",
            "Last modified (grade)", "Feedback comments"],
           "Participant ", "Yes", "100.00"),
    "de": (["ID", "Vollständiger Name", "ID-Nummer", "E-Mail-Adresse", "Status",
            "Bewertung", "Bestwertung", "Status im Bewertungsablauf",
            "Bewertung kann geändert werden", "Zuletzt geändert (Abgabe)",
            "Texteingabe online", "Zuletzt geändert (Bewertung)",
            "Feedback als Kommentar"],
           "Teilnehmer/in", "Ja", "100,00"),
    "zh": (["编号", "姓名", "学号", "电子邮件", "状态", "成绩", "最高分", "评分流程状态",
            "成绩可更改", "最后修改（提交）", "在线文本", "最后修改（成绩）", "反馈评论"],
           "参与者", "是", "100.00"),
}


def worksheet(header, word, yes, maximum, grades):
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    for number, (student, grade) in enumerate(
            zip(("1001", "1002", "1003"), grades), start=411):
        writer.writerow([f"{word}{number}", "Somebody", student, "", "-", grade,
                         maximum, "-", yes, "-", "<p>a\nb, \"c\"</p>", "-", "=x"])
    return "\ufeff" + out.getvalue()


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "sheet.csv")
    for language, sheet in WORKSHEETS.items():
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(worksheet(*sheet, ["", "12.00", "44.00"]))
        got = export("moodle", CLASS, "--lab", "lab1-buddy", "--template",
                     path).decode()
        wanted = worksheet(*sheet, ["87.25", "0", "44.00"])
        expect(got == wanted, f"{language}: {wanted}\ngot:\n{got}")
