/*
 * A headless Chromium, driven over two pipes by its DevTools protocol: one
 * JSON message, one NUL. Nothing is installed for it but the two programs.
 */
import {spawn} from "node:child_process";
import {accessSync, constants, mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {delimiter, join} from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const ANSWER_MS = 60000; /* of a machine that others use as well */

function program() {
    for (const folder of process.env.PATH.split(delimiter)) {
        for (const name of NAMES) {
            const path = join(folder, name);
            try {
                accessSync(path, constants.X_OK);
                return path;
            } catch (error) {
                /* the next one */
            }
        }
    }
    throw new Error("no chromium in PATH");
}

export class Browser {
    constructor() {
        this.profile = mkdtempSync(join(tmpdir(), "mmgrade-chromium."));
        const options = ["--headless=new", "--remote-debugging-pipe",
            "--user-data-dir=" + this.profile, "--no-first-run",
            "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
            "--disable-extensions", "--disable-component-update",
            "--disable-background-networking", "--disable-sync",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--lang=en-US"];
        /* As root, Chromium's sandbox refuses to start. The pages are ours. */
        if (process.getuid() === 0) {
            options.push("--no-sandbox");
        }
        this.child = spawn(program(), [...options, "about:blank"],
            {stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"]});
        this.waiting = new Map();
        this.listeners = new Set();
        this.next = 1;
        this.rest = [];
        this.child.stdio[4].on("data", (bytes) => this.receive(bytes));
        this.child.on("exit", () => this.fail(new Error("Chromium ended")));
        this.child.stdio[3].on("error", (error) => this.fail(error));
    }

    fail(error) {
        this.ended = error;
        for (const {reject} of this.waiting.values()) {
            reject(error);
        }
        this.waiting.clear();
    }

    receive(bytes) {
        let begin = 0;
        for (let end = bytes.indexOf(0); end >= 0;
            end = bytes.indexOf(0, begin)) {
            this.rest.push(bytes.subarray(begin, end));
            this.take(JSON.parse(Buffer.concat(this.rest).toString()));
            this.rest = [];
            begin = end + 1;
        }
        this.rest.push(bytes.subarray(begin));
    }

    take(message) {
        const waiting = this.waiting.get(message.id);
        if (waiting) {
            this.waiting.delete(message.id);
            if (message.error) {
                waiting.reject(new Error(message.error.message));
            } else {
                waiting.resolve(message.result);
            }
        }
        for (const listener of this.listeners) {
            listener(message);
        }
    }

    send(method, params, sessionId) {
        if (this.ended) {
            return Promise.reject(this.ended);
        }
        const id = this.next++;
        this.child.stdio[3].write(
            JSON.stringify({id, method, params, sessionId}) + "\0");
        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => reject(
                new Error("no answer to " + method)), ANSWER_MS);
            this.waiting.set(id, {
                resolve: (result) => {
                    clearTimeout(timer);
                    resolve(result);
                },
                reject: (error) => {
                    clearTimeout(timer);
                    reject(error);
                },
            });
        });
    }

    /* A tab with a memory of its own; `scheme`: "light" or "dark". */
    async open(url, {width = 1280, height = 900, scheme = "light"} = {}) {
        const {browserContextId} =
            await this.send("Target.createBrowserContext");
        const {targetId} = await this.send("Target.createTarget",
            {url: "about:blank", browserContextId});
        const {sessionId} = await this.send("Target.attachToTarget",
            {targetId, flatten: true});
        const tab = new Tab(this, sessionId, browserContextId);
        await tab.prepare(width, height, scheme);
        await tab.go(url);
        return tab;
    }

    async close() {
        const ended = new Promise((resolve) =>
            this.child.once("exit", resolve));
        if (!this.ended) {
            await this.send("Browser.close").catch(() => {});
            await ended;
        }
        rmSync(this.profile, {recursive: true, force: true, maxRetries: 5});
    }
}

class Tab {
    constructor(browser, session, context) {
        this.browser = browser;
        this.session = session;
        this.context = context;
        this.complaints = []; /* console errors, exceptions, violations */
        this.requests = [];   /* addresses */
        this.listener = (message) => this.note(message);
        browser.listeners.add(this.listener);
    }

    send(method, params) {
        return this.browser.send(method, params, this.session);
    }

    note({sessionId, method, params}) {
        if (sessionId !== this.session) {
            return;
        }
        if (method === "Runtime.exceptionThrown") {
            const {text, exception} = params.exceptionDetails;
            this.complaints.push(exception && exception.description || text);
        } else if (method === "Log.entryAdded") {
            this.complaints.push(params.entry.text);
        } else if (method === "Runtime.consoleAPICalled") {
            this.complaints.push(params.args.map((arg) =>
                arg.value || arg.description).join(" "));
        } else if (method === "Network.requestWillBeSent") {
            this.requests.push(params.request.url);
        } else if (method === "Page.javascriptDialogOpening") {
            this.complaints.push("dialog: " + params.message);
            this.send("Page.handleJavaScriptDialog", {accept: false});
        }
    }

    async prepare(width, height, scheme) {
        for (const domain of ["Page", "Runtime", "Log", "Network"]) {
            await this.send(domain + ".enable");
        }
        await this.send("Emulation.setDeviceMetricsOverride",
            {width, height, deviceScaleFactor: 1, mobile: false});
        await this.send("Emulation.setEmulatedMedia", {features: [
            {name: "prefers-color-scheme", value: scheme}]});
    }

    event(name) {
        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => reject(
                new Error("no event " + name)), ANSWER_MS);
            const listener = ({sessionId, method, params}) => {
                if (sessionId === this.session && method === name) {
                    clearTimeout(timer);
                    this.browser.listeners.delete(listener);
                    resolve(params);
                }
            };
            this.browser.listeners.add(listener);
        });
    }

    async go(url) {
        const loaded = this.event("Page.loadEventFired");
        await this.send("Page.navigate", {url});
        await loaded;
    }

    async reload() {
        const loaded = this.event("Page.loadEventFired");
        await this.send("Page.reload");
        await loaded;
    }

    /* The value of a function called in the page with JSON arguments. */
    async call(work, ...values) {
        const {result, exceptionDetails} = await this.send("Runtime.evaluate", {
            expression: `(${work})(...${JSON.stringify(values)})`,
            returnByValue: true, awaitPromise: true,
        });
        if (exceptionDetails) {
            throw new Error(exceptionDetails.exception.description);
        }
        return result.value;
    }

    /* A key as a person presses it: "Tab", "Enter". */
    async press(key) {
        const codes = {Tab: 9, Enter: 13, Space: 32};
        const common = {key: key === "Space" ? " " : key, code: key,
            windowsVirtualKeyCode: codes[key]};
        await this.send("Input.dispatchKeyEvent", {type: "keyDown", ...common,
            text: key === "Enter" ? "\r" : key === "Space" ? " " : undefined});
        await this.send("Input.dispatchKeyEvent", {type: "keyUp", ...common});
    }

    async type(text) {
        await this.send("Input.insertText", {text});
    }

    async screenshot(full) {
        const {data} = await this.send("Page.captureScreenshot",
            {format: "png", captureBeyondViewport: Boolean(full)});
        return Buffer.from(data, "base64");
    }

    async pdf() {
        const {data} = await this.send("Page.printToPDF",
            {printBackground: false, preferCSSPageSize: true});
        return Buffer.from(data, "base64");
    }

    async close() {
        this.browser.listeners.delete(this.listener);
        await this.browser.send("Target.disposeBrowserContext",
            {browserContextId: this.context});
    }
}
