/*
 * Data for the pages under test: docs/class.md and docs/result.md, in small.
 */
export const HOSTILE = [
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror=\"window.hacked = 1\">",
    "\u202egnp.exe\u2066",
    "a\u0000b\u001b[2J\u2028c",
    "javascript:window.hacked=1",
    "{0} {1} $& __proto__ constructor",
];

function both(text) {
    return {en: text, zh: "中" + text};
}

export function labTests(count) {
    return Array.from({length: count}, (_, i) => ({
        name: "suite::test_" + i, title: both("Title " + i),
        hint: both("Concept " + i), max: 2,
        visibility: i % 2 ? "hidden" : "public",
    }));
}

export function courseLabs(names, count) {
    return names.map((lab, i) => ({
        lab, title: both("Lab title " + (i + 1)),
        due: "2026-03-0" + (i + 1) + "T15:59:00Z", weight: 1, max: 100,
        tests: labTests(count),
    }));
}

export const course = {
    id: "os2026", time_zone: "Asia/Shanghai",
    name: {en: "A course", zh: "一门课程"},
};

export function studentLab(lab, changes) {
    return {
        lab, state: "graded", points: 80, earned: 80, attempt: 1, attempts: 1,
        submitted: "2026-02-27T10:00:00Z", due: "2026-03-01T15:59:00Z",
        days_late: 0, penalty_percent: 0, override: null, statuses: null,
        reason: null, ...changes,
    };
}

export function student(id, name, total, labs) {
    return {
        id, name, login: "login" + id, email: id + "@example.edu",
        section: Number(id) % 2 ? "A" : "B", total, labs,
        page: "students/" + id.padStart(32, "0") + ".html",
    };
}

/* Four students of two labs: one late, one undecided, one missing. */
export function smallClass() {
    const names = ["lab1-first", "lab2-second"];
    const [first, second] = names;
    const statuses = ["pass", "fail", "crash", "pass"];
    return {
        schema: "mmgrade/class/v1", audience: "staff", course,
        now: "2026-03-20T10:00:00Z", labs: courseLabs(names, 4),
        students: [
            student("1", "Ann", 80.5, [
                studentLab(first, {points: 71, days_late: 2,
                    penalty_percent: 20, statuses}),
                studentLab(second, {points: 90, statuses})]),
            student("2", "Bob", 100, [
                studentLab(first, {points: 100, statuses:
                    ["pass", "pass", "pass", "pass"]}),
                studentLab(second, {points: 100, statuses})]),
            student("3", "Cleo", null, [
                studentLab(first, {points: null, state: "ungraded",
                    statuses: ["infra-error", "pass", "pass", "not-run"]}),
                studentLab(second, {points: 9, statuses})]),
            student("4", "Dan", 0, [
                studentLab(first, {points: 0, state: "missing",
                    submitted: null, earned: null, attempt: null}),
                studentLab(second, {points: 0, state: "refused",
                    reason: "an archive without files"})]),
        ],
    };
}

export function hostileClass() {
    const data = smallClass();
    const lab = data.labs[0];
    data.students = HOSTILE.map((text, i) => ({
        ...student(String(i), text, 10 * i, data.students[0].labs),
        id: text, login: text, email: text, section: text, page: text,
    }));
    data.course = {...course, id: HOSTILE[0],
        name: {en: HOSTILE[0], zh: HOSTILE[1]}, time_zone: HOSTILE[0]};
    lab.lab = HOSTILE[0];
    lab.title = {en: HOSTILE[1], zh: HOSTILE[0]};
    lab.tests[0] = {...lab.tests[0], name: HOSTILE[0],
        title: {en: HOSTILE[1], zh: HOSTILE[2]}};
    data.students[0].labs = [studentLab(lab.lab, {reason: HOSTILE[0],
        state: "__proto__", points: null, due: HOSTILE[0],
        statuses: ["constructor", "<b>", "pass", "toString"],
        override: {note: HOSTILE[1], by: HOSTILE[0], at: HOSTILE[0]}}),
    data.students[1].labs[1]];
    return data;
}

export function largeClass(count, nlabs, ntests) {
    const words = ["pass", "pass", "pass", "fail", "timeout", "crash"];
    const names = Array.from({length: nlabs}, (_, i) =>
        "lab" + (i + 1) + "-name");
    return {
        ...smallClass(), labs: courseLabs(names, ntests),
        students: Array.from({length: count}, (_, s) =>
            student(String(s), "Student " + s, s % 101, names.map((lab, l) =>
                studentLab(lab, {points: (s * 7 + l) % 101,
                    statuses: Array.from({length: ntests}, (_, t) =>
                        words[(s + l + t) % words.length])})))),
    };
}

const OOPS = "page fault: write of address 00000000\n" +
    "eip c011641c esp c0123ee8\nCall trace:\n" +
    "  __free_pages_ok+0x10c (include/list.h:81)\n" +
    "  __free_pages+0x2f (mm/page_alloc.c:170)";

/* A picture that would load and run things if it were more than an image. */
export const PICTURE = "<svg xmlns=\"http://www.w3.org/2000/svg\" " +
    "width=\"80\" height=\"40\"><script>top.hacked = 1</script>" +
    "<image href=\"http://example.invalid/x.png\"/>" +
    "<rect width=\"80\" height=\"40\" fill=\"#246\"/></svg>";

/* Of tests: pass, fail, crash, timeout, and so on, every status there is. */
export function result(changes) {
    const statuses = ["pass", "fail", "crash", "timeout", "not-implemented",
        "infra-error", "not-run", "build-failed"];
    const tests = labTests(statuses.length).map((test, i) => ({
        ...test, status: statuses[i], points: statuses[i] === "pass" ? 2 : 0,
        instructions: 1234, seconds: 0.1, messages: [], oops: null,
        hung_in: null,
    }));
    tests[1].messages = [{did: "DID-IT", expected: "EXPECTED-THIS",
        seen: "SEEN-THAT", hint: "HINTED", where: "tests/x.c:7"}];
    tests[1].pictures = [{title: "Physical memory", svg: PICTURE},
        {title: "Swap", note: "LEFT-OUT"},
        {title: "No picture", svg: "<img src=x onerror='top.hacked = 1'>"}];
    tests[2].oops = OOPS;
    tests[3].hung_in = "alloc_pages(GFP_KERNEL, 3)";
    return {
        schema: "mmgrade/result/v1", audience: "staff", lab: "lab1-first",
        submission: {kind: "git", origin: "https://git.example.edu/ann.git",
            commit: "0123456789abcdef0123456789abcdef01234567",
            commit_time: "2026-02-27T10:00:00Z", content_hash: "ab".repeat(32),
            notes: ["include/mm.h: given file, your change is not used"]},
        title: both("Lab title 1"), score: 2, max: 100, graded: false,
        ungraded: 4, refused: null, sandbox: "bwrap",
        build: {status: "ok", messages: "mm/a.c:3: warning: WARNED"},
        tests, ...changes,
    };
}

/* As students see it: of hidden tests no details. */
export function studentResult() {
    const data = result({audience: "student"});
    data.tests = data.tests.map((test) => {
        if (test.visibility === "public") {
            return test;
        }
        const {name, title, hint, visibility, points, max, status} = test;
        return {name, title, hint, visibility, points, max, status};
    });
    return data;
}

export function refusedResult() {
    return result({score: 0, ungraded: 0, graded: true, build: null, tests: [],
        refused: {word: "REJECTED", reason: "it is an <empty> archive"}});
}

export function studentPage(audience = "staff") {
    const data = smallClass();
    const first = studentLab("lab1-first", {points: 71, days_late: 2,
        penalty_percent: 20, attempts: 3, attempt: 2, override:
            audience === "staff" ? {points: 71, note: "NOTED", by: "Prof",
                at: "2026-03-10T10:00:00Z"} : {points: 71},
        result: audience === "staff" ? result() : studentResult()});
    const second = audience === "staff" ?
        studentLab("lab2-second", {result: result({lab: "lab2-second"})}) :
        studentLab("lab2-second", {state: "concealed", points: null,
            earned: null, result: null});
    return {
        schema: "mmgrade/student/v1", audience, course, now: data.now,
        labs: data.labs, student: {...student("1", "Ann", 80.5,
            [first, second])},
    };
}
