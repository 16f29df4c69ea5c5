"""The workflows of assignments/ci: their structure, and what their scripts do.

Their scripts run here with the shell that the platform takes, in a folder like
a job's, with a real kit and a real submission. `curl` and `apt-get` are ours:
the one checks how it is called and gives the archive, the other says nothing.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

import yaml

BUILD, WORK = sys.argv[1:3]
CI = "assignments/ci"
LAB = "lab1-buddy"
TOKEN = "token"
URL = "https://kit.example/kit.tar.gz"

CURL = """\
#!/bin/sh
# What the workflow says to curl must be what it promises.
config=$(cat)
printf '%s\\n' "$config" >"$JOB/curl.config"
printf '%s\\n' "$*" >"$JOB/curl.arguments"
output=
while [ $# -gt 0 ]; do
    [ "$1" != --output ] || output=$2
    shift
done
cp "$JOB/kit.tar.gz" "$output"
"""


def load(name):
    with open(f"{CI}/{name}", encoding="utf-8") as file:
        return yaml.safe_load(file)


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def run(*words, **options):
    return subprocess.run(
        words, check=True, capture_output=True, text=True, **options
    )


# --- structure ---------------------------------------------------------------


def check_steps(name, document):
    triggers = document[True]  # YAML 1.1 takes "on" for a boolean
    assert "pull_request_target" not in triggers, name
    assert "workflow_run" not in triggers, name
    steps = document["jobs"]["grade"]["steps"]
    for step in steps:
        assert "${{" not in step.get("run", ""), f"{name}: {step['name']}"
    uses = [step["uses"] for step in steps if "uses" in step]
    checkout = [step for step in steps if "/checkout@" in step.get("uses", "")]
    assert len(checkout) == 1, "one checkout: the submission"
    assert checkout[0]["with"]["persist-credentials"] is False
    assert checkout[0]["with"]["path"] == "submission"
    assert "submodules" not in checkout[0]["with"]
    assert "lfs" not in checkout[0]["with"]
    assert not any("cache" in action for action in uses), "a cache is shared"
    secrets = [s["name"] for s in steps if "secrets." in str(s.get("env", ""))]
    assert secrets == ["Kit", "Grade"], secrets
    return steps


def check_structure():
    github = load("github.yml")
    check_steps("github.yml", github)
    assert github["permissions"] == {"contents": "read"}
    for step in github["jobs"]["grade"]["steps"]:
        if "uses" in step:
            assert re.search(r"@[0-9a-f]{40}$", step["uses"]), "pinned"
    check_steps("forgejo.yml", load("forgejo.yml"))
    grade = load("gitlab-ci.yml")["grade"]
    assert grade["artifacts"]["when"] == "always"
    assert set(grade["artifacts"]["reports"]) == {"junit", "codequality"}
    assert grade["variables"]["GIT_SUBMODULE_STRATEGY"] == "none"
    assert "cache" not in grade


# --- a job -------------------------------------------------------------------


class Job:
    """A folder like a job's, and what its environment has."""

    def __init__(self, name, submission):
        self.folder = f"{WORK}/{name}"
        self.submission = submission
        os.makedirs(f"{self.folder}/temp")
        os.makedirs(f"{self.folder}/workspace")
        write(f"{self.folder}/bin/curl", CURL, 0o755)
        write(f"{self.folder}/bin/apt-get", "#!/bin/sh\n", 0o755)
        write(f"{self.folder}/bin/sysctl", "#!/bin/sh\n", 0o755)
        os.symlink(os.path.abspath(f"{WORK}/kit.tar.gz"),
                   f"{self.folder}/kit.tar.gz")
        self.environment = {
            "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
            "HOME": self.folder,
            "JOB": self.folder,
            "RUNNER_TEMP": f"{self.folder}/temp",
            "KIT": f"{self.folder}/opt/mmgrade",
            "TMPDIR": f"{self.folder}/temp",
        }

    def path(self, name):
        return f"{self.folder}/{name}"

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def shell(self, script, shell, environment):
        return subprocess.run(
            [*shell, "-c", script],
            cwd=self.path("workspace"),
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
        )

    def clone(self, to):
        """As the platforms do: one commit, not a branch's whole history."""
        run("git", "clone", "-q", "--depth=1", f"file://{self.submission}", to)


def evaluate(expression, values):
    """`${{ vars.NAME }}` and `${{ secrets.NAME }}`; "" if there is none."""
    found = re.fullmatch(r"\$\{\{ (?:vars|secrets)\.(\w+) \}\}", expression)
    return values.get(found.group(1), "") if found else expression


def run_actions(job, name, values, platform):
    """The steps up to the first that fails; its name and what came out."""
    steps = load(name)["jobs"]["grade"]["steps"]
    job.environment.update(platform)
    write(job.path("summary"), "")
    write(job.path("outputs"), "")
    job.environment["GITHUB_STEP_SUMMARY"] = job.path("summary")
    job.environment["GITHUB_OUTPUT"] = job.path("outputs")
    done = None
    for step in steps:
        if "/checkout@" in step.get("uses", ""):
            job.clone(job.path("workspace/submission"))
        if "run" not in step:
            continue
        environment = {
            key: evaluate(value, values)
            for key, value in step.get("env", {}).items()
        }
        done = job.shell(step["run"], ["sh", "-e"], environment)
        if done.returncode != 0:
            return step["name"], done
    return None, done


def run_gitlab(job, values):
    grade = load("gitlab-ci.yml")["grade"]
    os.rmdir(job.path("workspace"))
    job.clone(job.path("workspace"))
    job.environment["GITLAB_CI"] = "true"
    job.environment["CI_PROJECT_DIR"] = job.path("workspace")
    script = "\n".join(grade["before_script"] + grade["script"])
    # The archive's place is the runner's own.
    script = script.replace("/tmp/", job.path("temp/"))
    return job.shell(script, ["bash", "-eo", "pipefail"], values)


# --- what is tried -----------------------------------------------------------


def make_kit():
    run("make", "--no-print-directory", "kit", f"BUILD={BUILD}")
    shutil.copy(f"{BUILD}/mmgrade-kit.tar.gz", f"{WORK}/kit.tar.gz")
    with open(f"{WORK}/kit.tar.gz", "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def make_submission(name, files):
    """A repository of a student's with these files besides the solution."""
    folder = os.path.abspath(f"{WORK}/{name}")
    os.makedirs(f"{folder}/mm")
    shutil.copy("reference/mm/page_alloc.c", f"{folder}/mm/page_alloc.c")
    for path, text in files.items():
        if text.startswith("-> "):
            os.symlink(text[3:], f"{folder}/{path}")
        else:
            write(f"{folder}/{path}", text)
    identity = ["-c", "user.name=s", "-c", "user.email=s@example.org"]
    run("git", "init", "-q", folder)
    run("git", "-C", folder, "add", "-A")
    run("git", "-C", folder, *identity, "commit", "-qm", "lab 1")
    return folder


def expect_results(job, folder, done, score):
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    with open(job.path(f"{folder}/result.json"), encoding="utf-8") as file:
        result = json.load(file)
    assert result["score"] == score, result["score"]
    assert result["sandbox"] == "bwrap", "in the sandbox"
    assert result["submission"]["kind"] == "git"
    for name in ("junit.xml", "ctrf.json", "summary.md", "report.html",
                 "gl-code-quality.json"):
        assert os.path.getsize(job.path(f"{folder}/{name}")) > 1, name


def expect_download(job, wanted):
    arguments = job.read("curl.arguments")
    assert "--proto =https" in arguments and URL in arguments, arguments
    assert TOKEN not in arguments, "the token is seen by other processes"
    assert job.read("curl.config").strip() == wanted, job.read("curl.config")


def try_actions(name, platform, sha256):
    values = {
        "MMGRADE_KIT_URL": URL,
        "MMGRADE_KIT_SHA256": sha256,
        "MMGRADE_KIT_TOKEN": "token",
        "MMGRADE_LABS": LAB,
        "MMGRADE_SECRET": "the course's secret",
    }
    job = Job(f"{name}.job", CHEAT)
    failed, done = run_actions(job, name, values, platform)
    assert failed is None, f"{failed}: {done.stdout}\n{done.stderr}"
    expect_results(job, "workspace/results", done, 100)
    expect_download(job, 'header = "Authorization: Bearer token"')
    assert job.read("outputs") == "score=100\nmax=100\ngraded=true\n"
    assert "100 / 100" in job.read("summary")
    assert "::group::" in done.stdout
    assert os.stat(job.path("temp/course-secret")).st_mode & 0o077 == 0
    print(f"{name}: 100 of 100 points")


def try_failures(name, platform, sha256):
    """Each of these stops in the step that is named, with a sentence."""
    good = {
        "MMGRADE_KIT_URL": URL,
        "MMGRADE_KIT_SHA256": sha256,
        "MMGRADE_LABS": LAB,
    }
    cases = [
        ("Kit", "MMGRADE_KIT_URL is not set", {"MMGRADE_KIT_URL": ""}),
        ("Kit", "MMGRADE_KIT_SHA256 is not set", {"MMGRADE_KIT_SHA256": ""}),
        ("Kit", "FAILED", {"MMGRADE_KIT_SHA256": "0" * 64}),
        ("Grade", "there is no lab 'lab9'", {"MMGRADE_LABS": "lab9"}),
    ]
    for i, (step, sentence, change) in enumerate(cases):
        job = Job(f"{name}.{i}.job", GOOD)
        failed, done = run_actions(job, name, {**good, **change}, platform)
        assert failed == step, f"{failed}: {done.stderr}"
        said = done.stdout + done.stderr
        assert sentence in said, said
    print(f"{name}: {len(cases)} failures")


def try_gitlab(sha256):
    values = {
        "MMGRADE_KIT_URL": URL,
        "MMGRADE_KIT_SHA256": sha256,
        "MMGRADE_KIT_TOKEN": "token",
        "MMGRADE_LABS": LAB,
        "MMGRADE_MIN_SCORE": "100",
    }
    job = Job("gitlab.job", CHEAT)
    done = run_gitlab(job, values)
    expect_results(job, "workspace/mmgrade-results", done, 100)
    expect_download(job, 'user = "mmgrade:token"')
    assert "section_start:" in done.stdout
    assert not os.path.islink(job.path("workspace/mmgrade-results"))
    assert not os.path.exists(job.path("opt/mmgrade/junit.xml"))
    print("gitlab-ci.yml: 100 of 100 points")


def main():
    check_structure()
    sha256 = make_kit()
    try_actions("github.yml", {"GITHUB_ACTIONS": "true"}, sha256)
    try_actions(
        "forgejo.yml",
        {"GITHUB_ACTIONS": "true", "FORGEJO_ACTIONS": "true"},
        sha256,
    )
    try_failures("github.yml", {"GITHUB_ACTIONS": "true"}, sha256)
    try_gitlab(sha256)


GOOD = make_submission("good", {})
# What a student may put there to change how it is graded.
CHEAT = make_submission(
    "cheat",
    {
        "mmgrade-results": "-> ../opt/mmgrade",
        "results/junit.xml": "<testsuites/>\n",
        ".github/workflows/grade.yml": "on: push\n",
        ".gitlab-ci.yml": "grade: {script: [echo 100]}\n",
        "Makefile": "all:\n\techo 100\n",
        "scripts/setup": "#!/bin/sh\nexit 0\n",
        "assignments/lab1-buddy/lab.yaml": "title: {en: easy}\n",
        "build/tests/suites/lab1-buddy": "#!/bin/sh\necho 100\n",
    },
)
main()
