/*
 * The report's pages in a headless Chromium, from files that html.c wrote.
 *
 *   node tests/report/report.mjs BUILD/tests/write_page
 *
 * Prints what fails; the last line is "N passed, N failed". Exits 1 if
 * anything failed.
 */
import assert from "node:assert/strict";
import {spawnSync} from "node:child_process";
import {mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {pathToFileURL} from "node:url";
import {Browser} from "./browser.mjs";
import * as data from "./data.mjs";

const writer = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), "mmgrade-report."));
let browser = null;
let npages = 0;

/* --- opening pages ---------------------------------------------------------
 */

function write(content) {
    const path = join(folder, ++npages + ".html");
    const run = spawnSync(writer, [path], {input: JSON.stringify(content)});
    assert.equal(run.status, 0, String(run.stderr || run.error));
    return pathToFileURL(path).href;
}

/* A page that complains or loads anything fails whatever test it is in. */
async function withPage(content, options, work) {
    const url = write(content) + (options.query || "?lang=en") +
        (options.hash || "");
    const tab = await browser.open(url, options);
    try {
        await work(tab, url);
        assert.deepEqual(tab.complaints, [], "the console is silent");
        const file = url.replace(/[?#].*/, "");
        const others = tab.requests.filter((request) =>
            !request.startsWith(file) && !request.startsWith("data:"));
        assert.deepEqual(others, [], "nothing else is loaded");
        assert.equal(await tab.call(() => window.hacked === undefined), true,
            "no script but the page's own ran");
    } finally {
        await tab.close();
    }
}

function texts(tab, selector) {
    return tab.call((s) => [...document.querySelectorAll(s)].map((element) =>
        element.innerText.trim()), selector);
}

const names = (tab) => texts(tab, ".students tbody th.name");

function click(tab, selector) {
    return tab.call((s) => document.querySelector(s).click(), selector);
}

/* --- the tests -------------------------------------------------------------
 */

const tests = {
    /* If these two fail, nothing below proves anything. */
    async observer_sees_an_error() {
        const path = join(folder, "error.html");
        writeFileSync(path, "<script>nothing.here()</script>");
        const tab = await browser.open(pathToFileURL(path).href);
        assert.match(tab.complaints.join(), /nothing is not defined/);
        await tab.close();
    },

    async observer_sees_a_request_and_a_violation() {
        const path = join(folder, "request.html");
        writeFileSync(path, "<img src='http://example.invalid/a.png'>" +
            "<meta http-equiv='Content-Security-Policy' " +
            "content=\"script-src 'none'\"><script>1</script>");
        const tab = await browser.open(pathToFileURL(path).href);
        assert.ok(tab.requests.includes("http://example.invalid/a.png"));
        assert.match(tab.complaints.join(), /Content Security Policy/);
        await tab.close();
    },

    async class_page_loads_from_a_file() {
        await withPage(data.smallClass(), {}, async (tab) => {
            assert.deepEqual(await texts(tab, "h1"), ["A course"]);
            assert.deepEqual(await names(tab), ["Ann", "Bob", "Cleo", "Dan"]);
            assert.equal((await texts(tab, ".distribution")).length, 3);
            assert.equal(await tab.call(() => document.title),
                "A course · Class report · mmgrade");
        });
    },

    async policy_blocks_other_scripts_and_markup() {
        const url = write(data.smallClass());
        const tab = await browser.open(url);
        const outcome = await tab.call(() => {
            const script = document.createElement("script");
            let refused = false;
            try {
                script.textContent = "window.hacked = 1";
                document.body.append(script);
            } catch (error) {
                refused = true;
            }
            try {
                document.body.innerHTML = "<b>markup</b>";
                return "innerHTML works";
            } catch (error) {
                return window.hacked === undefined ? "blocked" : "ran";
            }
        });
        assert.equal(outcome, "blocked");
        await tab.close();
    },

    async sorts_both_ways_and_back() {
        await withPage(data.smallClass(), {}, async (tab) => {
            const aria = () => tab.call(() => document.querySelector(
                "#sort-total").closest("th").getAttribute("aria-sort"));
            assert.equal(await aria(), "none");
            await click(tab, "#sort-total");
            assert.deepEqual(await names(tab), ["Bob", "Ann", "Dan", "Cleo"]);
            assert.equal(await aria(), "descending");
            await click(tab, "#sort-total");
            assert.deepEqual(await names(tab), ["Dan", "Ann", "Bob", "Cleo"],
                "who has no total stays last");
            assert.equal(await aria(), "ascending");
            await click(tab, "#sort-total");
            assert.deepEqual(await names(tab), ["Ann", "Bob", "Cleo", "Dan"]);
        });
    },

    async sorts_numbers_as_numbers() {
        await withPage(data.smallClass(), {}, async (tab) => {
            await click(tab, "#sort-lab-1");
            assert.deepEqual(await names(tab), ["Bob", "Ann", "Cleo", "Dan"],
                "100, 90, 9, 0");
        });
    },

    async heat_map_follows_the_table() {
        await withPage(data.smallClass(), {}, async (tab) => {
            await click(tab, "#sort-name");
            await click(tab, "#sort-name");
            const order = ["Dan", "Cleo", "Bob", "Ann"];
            assert.deepEqual(await names(tab), order);
            assert.deepEqual(await texts(tab, ".heat tbody th"), order);
            const ann = await tab.call(() => [...document.querySelectorAll(
                ".heat tbody tr:last-child td")].map((cell) =>
                cell.textContent + " " + cell.className));
            assert.deepEqual(ann, ["· s-pass", "F s-fail", "C s-crash",
                "· s-pass"]);
        });
    },

    async heat_map_is_of_the_chosen_lab() {
        await withPage(data.smallClass(), {}, async (tab) => {
            const bob = () => tab.call(() => document.querySelector(
                ".heat tbody tr:nth-child(2)").innerText.replace(/\s/g, ""));
            assert.equal(await bob(), "Bob····");
            await click(tab, "#lab-1");
            assert.equal(await bob(), "Bob·FC·");
        });
    },

    async search_filters_as_one_types() {
        await withPage(data.smallClass(), {}, async (tab) => {
            await tab.call(() => document.querySelector("#search").focus());
            await tab.type("B");
            assert.deepEqual(await names(tab), ["Bob", "Dan"],
                "the section is searched, too");
            await tab.type("o");
            assert.deepEqual(await names(tab), ["Bob"]);
            assert.deepEqual(await texts(tab, ".heat tbody th"), ["Bob"]);
            assert.deepEqual(await texts(tab, "#shown"), ["1 of 4 shown"]);
            await tab.type("xyz");
            assert.match((await texts(tab, ".nobody"))[0], /Nobody fits/);
        });
    },

    async filters_show_who_needs_a_look() {
        await withPage(data.smallClass(), {}, async (tab) => {
            const shown = {late: ["Ann"], ungraded: ["Cleo"],
                missing: ["Dan"], refused: ["Dan"],
                all: ["Ann", "Bob", "Cleo", "Dan"]};
            for (const [filter, expected] of Object.entries(shown)) {
                await click(tab, "#filter-" + filter);
                assert.deepEqual(await names(tab), expected, filter);
            }
            assert.equal(await tab.call(() => document.querySelector(
                "#filter-override")), null, "nobody has an override");
        });
    },

    async section_filters() {
        await withPage(data.smallClass(), {}, async (tab) => {
            await tab.call(() => {
                const select = document.querySelector("#section");
                select.value = "A";
                select.dispatchEvent(new Event("change"));
            });
            assert.deepEqual(await names(tab), ["Ann", "Cleo"]);
        });
    },

    async work_that_is_not_due_is_not_missing() {
        const early = {...data.smallClass(), now: "2026-02-01T00:00:00Z"};
        early.students[3].labs[0].points = null;
        await withPage(early, {}, async (tab) => {
            assert.equal(await tab.call(() => document.querySelector(
                "#filter-missing")), null);
            assert.equal((await texts(tab, "td.missing"))[0], "–");
        });
    },

    async what_nobody_has_graded_is_undecided() {
        const class_ = data.smallClass();
        class_.students[3].labs[0] = data.studentLab("lab1-first", {
            points: null, state: "ungraded", attempt: null, attempts: 0,
            earned: null, submitted: null, reason: "handed in, not graded"});
        await withPage(class_, {}, async (tab) => {
            assert.equal(await tab.call(() => document.querySelector(
                "#filter-missing")), null);
            assert.deepEqual((await texts(tab, "td.ungraded")).map((text) =>
                text.trim()), ["undecided", "undecided"]);
            assert.equal(await tab.call(() => document.querySelectorAll(
                "td.ungraded")[1].title), "handed in, not graded");
            assert.match(await tab.call(() => document.querySelector(
                ".heat tbody tr:last-child td").title), /not run$/);
        });
    },

    async mean_of_a_lab_says_of_whom() {
        await withPage(data.smallClass(), {}, async (tab) => {
            const about = await texts(tab, ".distribution .about");
            assert.match(about[1], /mean 85\.5/, "of 71 and 100");
            assert.match(about[1], /2 of 4 graded$/);
        });
    },

    async pass_rates_count_who_was_tested() {
        await withPage(data.smallClass(), {}, async (tab) => {
            const rates = await texts(tab, ".rate");
            assert.match(rates[0], /^2\s+Title 1[^]*67 %/,
                "the hardest first: Ann fails, Bob and Cleo pass");
            await click(tab, "#rates-order");
            assert.match((await texts(tab, ".rate"))[0],
                /^1\s+Title 0[^]*100 %/,
                "an infra-error and nothing handed in don't count");
        });
    },

    async switches_language_and_remembers_it() {
        await withPage(data.smallClass(), {query: "?"}, async (tab) => {
            assert.deepEqual(await texts(tab, "h1"), ["A course"]);
            await tab.call(() => document.querySelector("#search").focus());
            await tab.type("Ann");
            await click(tab, "#sort-total");
            await click(tab, "#language-zh");
            assert.deepEqual(await texts(tab, "h1"), ["一门课程"]);
            assert.match((await texts(tab, ".heading .about"))[0], /班级报告/);
            assert.equal(await tab.call(() => document.documentElement.lang),
                "zh-CN");
            assert.deepEqual(await names(tab), ["Ann"], "the search stays");
            await tab.reload();
            assert.deepEqual(await texts(tab, "h1"), ["一门课程"]);
        });
    },

    async address_chooses_the_language() {
        const query = {query: "?lang=zh"};
        await withPage(data.smallClass(), query, async (tab) => {
            assert.deepEqual(await texts(tab, "h1"), ["一门课程"]);
        });
        await withPage(data.smallClass(), {query: "?lang=<b>"},
            async (tab) => {
                assert.deepEqual(await texts(tab, "h1"), ["A course"]);
            });
    },

    async no_words_are_missing_in_either_language() {
        await withPage(data.smallClass(), {}, async (tab) => {
            const shapes = await tab.call(() => {
                const shape = (value) => typeof value === "object" ?
                    Object.fromEntries(Object.entries(value).map(([k, v]) =>
                        [k, shape(v)])) :
                    [...value.matchAll(/\{\d\}/g)].map(String).sort().join();
                return [shape(WORDS.en), shape(WORDS.zh)];
            });
            assert.deepEqual(shapes[0], shapes[1]);
        });
    },

    async hostile_names_are_text() {
        for (const lang of ["en", "zh"]) {
            await withPage(data.hostileClass(), {query: "?lang=" + lang},
                async (tab) => {
                    const shown = await names(tab);
                    assert.equal(shown[0], data.HOSTILE[0]);
                    assert.equal(shown[1], data.HOSTILE[1]);
                    assert.equal(shown[2], "\\u{202e}gnp.exe\\u{2066}");
                    assert.equal(shown[3], "a\\u{0}b\\u{1b}[2J\\u{2028}c");
                    assert.equal(await tab.call(() => document
                        .querySelectorAll("script").length), 2,
                    "the data and the page's own script");
                    assert.equal(await tab.call(() => document
                        .querySelectorAll("img, b").length), 0);
                });
        }
    },

    async hostile_page_is_no_link() {
        await withPage(data.hostileClass(), {}, async (tab) => {
            assert.equal(await tab.call(() => document.querySelectorAll(
                "main a").length), 0);
        });
    },

    async names_link_students_pages() {
        await withPage(data.smallClass(), {}, async (tab) => {
            assert.equal(await tab.call(() => document.querySelector(
                ".students tbody a").getAttribute("href")),
            "students/" + "1".padStart(32, "0") + ".html");
        });
    },

    async student_page_says_what_happened() {
        await withPage(data.studentPage(), {}, async (tab) => {
            const [first] = await texts(tab, "#lab-0");
            for (const word of ["DID-IT", "EXPECTED-THIS", "SEEN-THAT",
                "HINTED", "tests/x.c:7", "Concept 1", "Overridden by Prof",
                "NOTED", "4 points are undecided"]) {
                assert.ok(first.includes(word), word + " in " + first);
            }
            const [row] = await texts(tab, ".labs tbody tr");
            for (const word of ["71", "80", "−20 %", "2 days", "2 of 3",
                "27 Feb 2026, 18:00"]) {
                assert.ok(row.includes(word), word + " in " + row);
            }
            const [oops] = await texts(tab, "#lab-0 .oops pre");
            assert.match(oops, /write of address 00000000/);
            assert.deepEqual(await texts(tab, "#lab-0 .oops strong"), [
                "page fault: write of address 00000000",
                "mm/page_alloc.c:170"]);
            await click(tab, "#openAll-0");
            assert.match((await texts(tab, "#t-0-3"))[0],
                /Did not return\s+alloc_pages\(GFP_KERNEL, 3\)/);
        });
    },

    async student_page_tells_what_is_not_due_from_what_is_missing() {
        const page = data.studentPage("student");
        const none = {points: null, state: "missing", submitted: null,
            earned: null, attempt: null, attempts: 0, result: null};
        page.now = "2026-03-10T10:00:00Z";
        page.student.labs = [
            data.studentLab("lab1-first", {...none, points: 0}),
            data.studentLab("lab2-second", {...none,
                due: "2026-03-10T09:59:00Z"})]; /* within the grace */
        for (const [query, missing, notDue] of [
            ["?lang=en", "missing", "not due yet"],
            ["?lang=zh", "未提交", "尚未截止"]]) {
            await withPage(page, {query}, async (tab) => {
                assert.deepEqual((await texts(tab, ".labs td.counts"))
                    .map((text) => text.trim()), [missing, notDue]);
                assert.ok((await texts(tab, "#lab-1 > summary"))[0]
                    .endsWith(notDue));
            });
        }
    },

    async student_page_says_why_nobody_has_graded_it() {
        const page = data.studentPage("student");
        page.student.labs[1] = data.studentLab("lab2-second", {points: null,
            state: "ungraded", earned: null, attempt: null, attempts: 0,
            submitted: null, result: null, reason: "NOT-LOOKED-AT"});
        for (const [query, word] of [["?lang=en", "undecided"],
            ["?lang=zh", "未评定"]]) {
            await withPage(page, {query}, async (tab) => {
                assert.ok((await texts(tab, "#lab-1 > summary"))[0]
                    .endsWith(word));
                assert.equal(await tab.call(() => document.querySelector(
                    "#lab-1 .lead").textContent), "NOT-LOOKED-AT");
            });
        }
    },

    async pictures_are_images_that_run_nothing() {
        await withPage(data.studentPage(), {}, async (tab) => {
            const images = await tab.call(async () => {
                const found = [...document.querySelectorAll("#lab-0 img")];
                await Promise.all(found.map((image) => image.decode()));
                return found.map((image) => [image.alt, image.naturalWidth,
                    image.src.slice(0, 26)]);
            });
            assert.deepEqual(images, [["Physical memory", 80,
                "data:image/svg+xml;base64,"]]);
            assert.match((await texts(tab, "#t-0-1"))[0], /Swap: LEFT-OUT/);
        });
    },

    async students_see_no_details_of_hidden_tests() {
        await withPage(data.studentPage("student"), {}, async (tab) => {
            await click(tab, "#openAll-0");
            const [text] = await texts(tab, "#lab-0");
            assert.match(text, /A hidden test: what it did is not shown/);
            assert.ok(!text.includes("DID-IT"));
            assert.deepEqual(await texts(tab, ".top a"), [],
                "no way to the class page");
            assert.match((await texts(tab, "#lab-1 > summary"))[0],
                /not shown$/);
        });
    },

    async results_of_several_submissions() {
        const list = [data.result(), data.refusedResult(),
            data.result({lab: "lab2-second", build: {status: "build-failed",
                messages: "mm/a.c:1: error: BROKEN"}})];
        await withPage(list, {}, async (tab) => {
            assert.equal((await names(tab)).length, 3);
            assert.match((await texts(tab, "#lab-1 .alert"))[0],
                /It can’t be graded: it is an <empty> archive/);
            assert.match((await texts(tab, "#build-2"))[0], /BROKEN/);
            assert.equal(await tab.call(() => document.querySelector(
                "#build-0").open), false, "warnings alone are not opened");
        });
    },

    async one_result_and_none() {
        await withPage(data.result(), {}, async (tab) => {
            assert.match((await texts(tab, "h1"))[0], /ann\.git/);
        });
        await withPage([], {}, async (tab) => {
            assert.match((await texts(tab, "main"))[0], /nothing to show/);
        });
    },

    async empty_class() {
        const empty = {...data.smallClass(), students: []};
        await withPage(empty, {}, async (tab) => {
            assert.deepEqual(await texts(tab, "#shown"), ["0 of 0 shown"]);
        });
        await withPage({...empty, labs: []}, {}, async (tab) => {
            assert.deepEqual(await texts(tab, "h1"), ["A course"]);
        });
    },

    async address_opens_a_test() {
        const hash = {hash: "#t-0-0"};
        await withPage(data.studentPage(), hash, async (tab) => {
            assert.equal(await tab.call(() => document.querySelector(
                "#t-0-0").open && document.querySelector("#passed-0").open),
            true);
        });
        await withPage(data.studentPage(), {hash: "#<img>"}, async () => {});
    },

    async keyboard_sorts_and_keeps_its_place() {
        await withPage(data.smallClass(), {}, async (tab) => {
            const focused = () => tab.call(() => document.activeElement.id);
            for (let n = 0; n < 30 && await focused() !== "sort-name"; n++) {
                await tab.press("Tab");
            }
            assert.equal(await focused(), "sort-name");
            await tab.press("Enter");
            await tab.press("Enter");
            assert.deepEqual(await names(tab), ["Dan", "Cleo", "Bob", "Ann"]);
            assert.equal(await focused(), "sort-name");
        });
    },

    async sorting_keeps_where_one_has_scrolled() {
        await withPage(data.largeClass(60, 8, 20), {width: 400},
            async (tab) => {
                const place = () => tab.call(() => [scrollY, document
                    .querySelector("#table-place .scroll").scrollLeft]);
                await tab.call(() => {
                    document.querySelector("#table-place .scroll")
                        .scrollLeft = 150;
                    scrollTo(0, 900);
                });
                assert.deepEqual(await place(), [900, 150]);
                await click(tab, "#sort-lab-3");
                assert.deepEqual(await place(), [900, 150]);
            });
    },

    async keyboard_opens_a_test() {
        await withPage(data.studentPage(), {}, async (tab) => {
            await tab.call(() => document.querySelector(
                "#t-0-4 > summary").focus());
            const before = await tab.call(() => document.querySelector(
                "#t-0-4").open);
            await tab.press("Enter");
            assert.equal(await tab.call(() => document.querySelector(
                "#t-0-4").open), !before);
        });
    },

    async everything_has_a_name_for_who_cannot_see() {
        await withPage(data.smallClass(), {}, async (tab) => {
            const nameless = await tab.call(() => [...document.querySelectorAll(
                "button, input, select, a, [role=img], [role=region]")]
                .filter((element) => !(element.innerText ||
                    element.getAttribute("aria-label") || "").trim())
                .map((element) => element.outerHTML));
            assert.deepEqual(nameless, []);
            const twice = await tab.call(() => {
                const ids = [...document.querySelectorAll("[id]")]
                    .map((element) => element.id);
                return ids.filter((id, i) => ids.indexOf(id) !== i);
            });
            assert.deepEqual(twice, [], "an id is there twice");
        });
    },

    async phones_need_no_sideways_scrolling() {
        const long = data.smallClass();
        long.students[0].name = "Wolfeschlegelsteinhausenberger".repeat(3);
        long.course = {...data.course,
            name: {en: "Operatingsystems".repeat(4), zh: "课"}};
        const list = [data.result(), data.refusedResult()];
        list[0].submission.origin = "https://git.example.edu/" +
            "x".repeat(200);
        for (const content of [long, data.studentPage(), list]) {
            for (const width of [320, 360, 400]) {
                await withPage(content, {width, height: 700}, async (tab) => {
                    const excess = await tab.call(() =>
                        document.documentElement.scrollWidth - innerWidth);
                    assert.ok(excess <= 0, "by " + excess + " at " + width);
                });
            }
        }
    },

    async verdicts_can_be_read_in_light_and_dark() {
        for (const scheme of ["light", "dark"]) {
            await withPage(data.studentPage(), {scheme}, async (tab) => {
                const ratios = await tab.call(contrasts);
                const low = ratios.filter(([, ratio]) => ratio < 4.5);
                assert.deepEqual(low, [], scheme);
                assert.ok(ratios.length >= 10, "enough was looked at");
            });
        }
    },

    async dark_is_dark() {
        await withPage(data.smallClass(), {scheme: "dark"}, async (tab) => {
            const [red] = await tab.call(() => getComputedStyle(document.body)
                .backgroundColor.match(/\d+/g).map(Number));
            assert.ok(red < 64);
        });
    },

    async pictures_are_readable_on_phones() {
        await withPage(data.studentPage(), {width: 375}, async (tab) => {
            const [image, figure] = await tab.call(() =>
                ["#lab-0 img", "#lab-0 figure"].map((selector) =>
                    document.querySelector(selector).offsetWidth));
            assert.ok(image > 600, "drawn for 800 units, it has " + image);
            assert.ok(figure < 375, "it is scrolled by itself");
        });
    },

    async headings_leave_no_level_out() {
        for (const page of [data.smallClass(), data.studentPage()]) {
            await withPage(page, {}, async (tab) => {
                const levels = await tab.call(() =>
                    [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
                        .map((heading) => Number(heading.tagName[1])));
                levels.forEach((level, i) => assert.ok(
                    level <= (i > 0 ? levels[i - 1] : 0) + 1,
                    levels.join()));
            });
        }
    },

    async letters_are_explained_before_the_heat_map() {
        await withPage(data.smallClass(), {}, async (tab) => {
            const [legend, heat] = await tab.call(() =>
                [".wide .legend", ".heat"].map((selector) => document
                    .querySelector(selector).getBoundingClientRect().top));
            assert.ok(legend < heat, legend + " is above " + heat);
        });
    },

    async print_opens_everything_and_closes_it_again() {
        await withPage(data.studentPage(), {}, async (tab) => {
            const closed = () => tab.call(() => document.querySelectorAll(
                "details:not([open])").length);
            const before = await closed();
            assert.ok(before > 0);
            await tab.call(() => {
                addEventListener("beforeprint", () => {
                    window.closedOnPaper = document.querySelectorAll(
                        "details:not([open])").length;
                });
            });
            const pdf = await tab.pdf();
            assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
            assert.equal(await tab.call(() => window.closedOnPaper), 0);
            assert.equal(await closed(), before);
        });
    },

    async class_of_300_can_be_used() {
        await withPage(data.largeClass(300, 8, 60), {}, async (tab) => {
            assert.equal((await names(tab)).length, 300);
            const ms = await tab.call(() => {
                const begin = performance.now();
                document.querySelector("#sort-total").click();
                return new Promise((resolve) => setTimeout(() =>
                    resolve(performance.now() - begin)));
            });
            assert.ok(ms < 10000, "sorting takes " + ms + " ms");
        });
    },
};

/* Called in the page: contrast of text on its ground, by class. */
function contrasts() {
    const canvas = document.createElement("canvas").getContext("2d",
        {willReadFrequently: true});
    const rgb = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const ground = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const colour = rgb(getComputedStyle(at).backgroundColor);
            if (colour[3] === 255) {
                return colour;
            }
        }
        return [255, 255, 255, 255];
    };
    const light = (colour) => colour.slice(0, 3).map((part) => {
        const c = part / 255;
        return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    }).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const ratios = new Map();
    for (const element of document.querySelectorAll(
        ".mark, .about, .lead, code, dt, .verdict, .alert, a, th, pre")) {
        const [a, b] = [light(rgb(getComputedStyle(element).color)),
            light(ground(element))].sort((x, y) => y - x);
        const key = element.tagName + "." + element.className;
        const ratio = (a + 0.05) / (b + 0.05);
        ratios.set(key, Math.min(ratio, ratios.get(key) || 21));
    }
    return [...ratios];
}

/* --- running them ----------------------------------------------------------
 */

const wanted = process.argv.slice(3);
let passed = 0;
let failed = 0;
browser = new Browser();
try {
    for (const [name, work] of Object.entries(tests)) {
        if (wanted.length > 0 && !wanted.includes(name)) {
            continue;
        }
        try {
            await work();
            passed++;
        } catch (error) {
            failed++;
            console.log("FAIL " + name + ": " + error.message);
        }
    }
} finally {
    await browser.close();
    rmSync(folder, {recursive: true, force: true});
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
