#!/usr/bin/python3
"""Checks that the Markdown pages agree with the programs and with the repository: pages_test.py BIN_FOLDER

BIN_FOLDER holds the built programs. The test checks

- every relative link and its #anchor, and every repository path in inline code;
- every command of our programs, in code blocks and in inline code: its verb, its options, and the keys and choices after --set;
- every segtrain command with a shipped recipe, and every whole recipe in a page, with --print-config;
- every script that a page names, and the options that commands give to it;
- every configuration key in inline code, such as `train.deterministic`.

What a program accepts comes from `PROGRAM --completion`: the table that --help prints, for all verbs in one call. Before the pages, the test checks
itself on a page with mistakes. Exit code 1: it found a mistake, or missed one in its own page.
"""
import concurrent.futures
import functools
import glob
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ("segtrain", "segeval", "segpredict", "segdata", "segreport", "segexport", "segbench")
OWN_RECIPE = "mine.yaml"  # the reader's own recipe in examples
REMOVED_KEYS = {"eval.decision"}  # pages name it for measurements with a commit that still has it
FILE_ENDINGS = {"onnx", "log", "txt", "yaml", "json", "cpp", "hpp", "safetensors", "pth"}  # model.onnx is a file, not a key
REPOSITORY_PATH = re.compile(r"(?<![\w./~-])(?:src|apps|tests|docs|scripts|configs|data|cmake)/[\w./{},*-]*\w[}*]?")
DATA_ROOTS = ("CAMVID_ROOT", "CITYSCAPES_ROOT", "SYNTHIA_ROOT", "DEMO_ROOT")


class Programs:
    """What the programs accept. options: {"segdata check": {"--config", ...}}; verbs: {"segdata": {"check", ...}}; keys: {key: its choices}."""

    def __init__(self, options, verbs, keys):
        self.options, self.verbs, self.keys = options, verbs, keys
        self.blocks = {key.split(".")[0] for key in keys if "." in key}
        self.all_options = set().union(*options.values())

    @staticmethod
    def read(folder):
        options, verbs, keys = {}, {}, {}
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            tables = pool.map(lambda name: subprocess.check_output([folder / name, "--completion"], text=True), PROGRAMS)
        for array, call, words in (found for table in tables for found in re.findall(r"^_seg_(\w+)\['(.*)'\]='(.*)'$", table, re.M)):
            words = words.split()
            if array == "options":
                options[call] = {word for word in words if word.startswith("--")}
                verbs[call] = {word for word in words if re.match(r"\w", word)}
            elif call == "--set":
                for key, _, choice in (word.partition("=") for word in words):
                    keys.setdefault(key, set()).update({choice} - {""})
        return Programs(options, verbs, keys)


# ---- Pages ----

class Page:
    """A page as prose and code: `prose` [(line, paragraph)], `code` [(line, text)] with joined lines, `recipes` [(line, YAML)]."""

    def __init__(self, path):
        self.path, self.prose, self.code, self.recipes, self.headings = path, [], [], [], []
        language, fence, begin, before = None, [], 0, ""
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.lstrip().startswith("```"):
                if language is None:
                    language, fence, begin = line.strip()[3:], [], number
                else:
                    self.end_of_fence(language, fence, begin)
                    language = None
            elif language is not None:
                fence.append(line)
            elif re.match(r"    +\S", line) and before in ("", "code"):
                self.add_code(number, line)
                before = "code"
                continue
            else:
                if re.match(r"#+ ", line):
                    self.headings.append(line)
                if line.strip() and before == "text" and not re.match(r"\s*([-*|]|\d+\.) |#", line):
                    self.prose[-1] = (self.prose[-1][0], f"{self.prose[-1][1]} {line.strip()}")
                elif line.strip():
                    self.prose.append((number, line.strip()))
            before = "text" if line.strip() and language is None else ""
        self.spans = [(number, span) for number, text in self.prose for span in re.findall(r"`([^`]+)`", text)]

    def add_code(self, number, line):
        if self.code and self.code[-1][1].endswith("\\"):
            self.code[-1] = (self.code[-1][0], self.code[-1][1][:-1] + line.strip())
        else:
            self.code.append((number, line.strip()))

    def end_of_fence(self, language, lines, number):
        if language in ("", "sh", "bash", "console"):
            for offset, line in enumerate(lines, 1):
                self.add_code(number + offset, line)
        elif language == "yaml" and lines and lines[0].startswith("name:"):
            self.recipes.append((number, "\n".join(lines) + "\n"))

    @functools.cached_property
    def anchors(self):
        """As GitHub makes them from headings."""
        seen, anchors = {}, set()
        for heading in self.headings:
            text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading.lstrip("# ").strip())
            slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            seen[slug] = seen.get(slug, -1) + 1
            anchors.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        return anchors


def commands_of(text):
    """The commands of a shell line, as lists of words; without comments and redirections."""
    quote = ""
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "#" and (at == 0 or text[at - 1].isspace()):
            text = text[:at]
            break
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    words = list(lexer)  # ValueError: quotes that do not end
    commands, target = [[]], False
    for word in words:
        is_operator = bool(word) and set(word) <= set("();<>|&")
        if is_operator and not set(word) & set("<>"):
            commands.append([])
        elif not is_operator and not target:
            commands[-1].append(word)
        target = is_operator and bool(set(word) & set("<>"))  # the next word is a file
    return [words for words in commands if words]


def program_in(words):
    """One of our programs in a command, also under a launcher or after variables, and its arguments."""
    for at, word in enumerate(words):
        folder, _, name = word.rpartition("/")
        if name in PROGRAMS and (not folder or folder.endswith("bin")) and words[0] not in ("man", "source", "which"):
            return name, words[at + 1:]
    return None, []


def script_in(words):
    """The script that a command runs, and its arguments."""
    for at, word in enumerate(words):
        name = word.rpartition("/")[2]
        if "/" in word and re.fullmatch(r"[a-z_]+\.(sh|py)", name) and (ROOT / "scripts" / name).is_file():
            return name, words[at + 1:]
    return None, []


# ---- Checks: each yields problems ----

def check_links(page):
    for number, text in page.prose:
        for target in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text):
            path, _, anchor = target.partition("#")
            if re.match(r"\w+:", target):
                continue
            linked = page.path.parent / path if path else page.path
            if not linked.exists():
                yield number, f"the link {target} leads to no file"
            elif anchor and anchor not in Page(linked).anchors:
                yield number, f"{linked.name} has no heading for the link {target}"


def check_paths(page):
    for number, span in page.spans:
        for path in REPOSITORY_PATH.findall(span):
            if "my_" not in path and not any(glob.glob(str(base / one)) for one in expanded(path) for base in (ROOT, page.path.parent)):
                yield number, f"{path} does not exist"
    for number, text in page.prose + page.code:
        for name in re.findall(r"\bscripts/(\w+\.(?:sh|py))\b", text):
            if not (ROOT / "scripts" / name).is_file():
                yield number, f"scripts/{name} does not exist"
        for name in re.findall(r"\bbuild/bin/(\w+)", text):
            if name not in PROGRAMS and not (ROOT / "tests" / name.removesuffix("_tests")).is_dir():
                yield number, f"build/bin/{name} is not built"


def expanded(path):
    """a{b,c} as ab and ac."""
    found = re.search(r"\{([^}]*)\}", path)
    if not found:
        return [path]
    return [one for part in found[1].split(",") for one in expanded(path[:found.start()] + part + path[found.end():])]


def check_keys(page, programs):
    pattern = re.compile(r"(?<![\w./-])(?:" + "|".join(sorted(programs.blocks)) + r")(?:\.[a-z_0-9]+)+")
    for number, span in page.spans:
        for key in pattern.findall(span):
            is_block = any(known.startswith(key + ".") for known in programs.keys)
            if key not in programs.keys and not is_block and key not in REMOVED_KEYS and key.rpartition(".")[2] not in FILE_ENDINGS:
                yield number, f"{key} is not a key of the configuration"


def check_setting(word, programs):
    key, equals, value = word.partition("=")
    if key.isupper() or key in ("key", "k"):  # KEY=VALUE
        return
    if not equals or key not in programs.keys:
        yield f"--set {word}: there is no key {key}"
    elif programs.keys[key] and value not in programs.keys[key] and re.fullmatch(r"[a-z0-9_]+", value):
        yield f"--set {word}: {key} has no choice {value}"


def check_settings(words, programs):
    for option, value in zip(words, words[1:]):
        if option == "--set":
            yield from check_setting(value, programs)


def check_program(name, words, programs):
    call = name
    if programs.verbs[name] and words and words[0] in programs.verbs[name]:
        call, words = f"{name} {words[0]}", words[1:]
    elif programs.verbs[name] and name != "segreport" and words and re.match(r"[a-z]", words[0]):
        yield f"{name} has no verb {words[0]}"
        return
    for word in words:
        option = word.strip("[].").partition("=")[0]
        if option.startswith("--") and option not in programs.options[call] | {"--help", "--version"}:
            yield f"{call} has no option {option}"
    for option, value in zip(words, words[1:]):
        if option == "--config" and re.fullmatch(r"\w+\.yaml", value) and value != OWN_RECIPE and not (ROOT / "configs" / value).is_file():
            yield f"there is no recipe {value}"
    yield from check_settings(words, programs)


def check_script(name, words, programs):
    """Behind -- follow options of the program that the script starts."""
    split = words.index("--") if "--" in words else len(words)
    text = (ROOT / "scripts" / name).read_text(encoding="utf-8")
    for word in words[:split]:
        option = word.strip("[].").partition("=")[0]
        if re.fullmatch(r"--[a-z-]+", option) and option != "--help" and not re.search(re.escape(option) + r"(?![\w-])", text):
            yield f"scripts/{name} has no option {option}"
    for word in words[split + 1:]:
        if word.startswith("--") and word.partition("=")[0] not in programs.all_options:
            yield f"no program has the option {word}"
    yield from check_settings(words, programs)


def check_commands(page, programs):
    foreign = set()  # options of commands of others
    for is_code, (number, text) in [(True, entry) for entry in page.code] + [(False, entry) for entry in page.spans]:
        try:
            commands = commands_of(text)
        except ValueError as error:
            if is_code and re.search(r"\b(" + "|".join(PROGRAMS) + r")\b", text):
                yield number, f"{text}: {error}"
            continue
        for words in commands:
            name, arguments = program_in(words)
            script, script_arguments = script_in(words)
            foreign.update(word.partition("=")[0] for word in words[:len(words) - len(arguments)] if word.startswith("--") and words[0] != word)
            if name:
                problems = check_program(name, arguments, programs)
            elif script:
                problems = check_script(script, script_arguments, programs)
            elif words[0].startswith("--"):
                problems = check_free_options(words, programs, foreign)
            else:
                foreign.update(word.partition("=")[0] for word in words if word.startswith("--"))
                continue
            for problem in problems:
                yield number, problem


@functools.cache
def script_texts():
    return "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "scripts").iterdir() if path.suffix in (".sh", ".py"))


def check_free_options(words, programs, foreign):
    """Options that a page names without their program."""
    for word in words:
        option = word.partition("=")[0]
        known = option in programs.all_options | foreign | {"--help", "--version"}
        if re.fullmatch(r"--[a-z-]+", option) and not known and not re.search(re.escape(option) + r"(?![\w-])", script_texts()):
            yield f"no program and no script has the option {option}"
    yield from check_settings(words, programs)


def configurations_of(page):
    """(line, arguments, recipe): what `segtrain --print-config` has to accept; `recipe` is the text of one in the page, or None."""
    for number, text in page.code:
        with_commands = re.search(r"\bsegtrain\b", text)
        for words in commands_of(text) if with_commands else []:
            name, arguments = program_in(words)
            pairs = [pair for pair in zip(arguments, arguments[1:]) if pair[0] in ("--config", "--set")]
            if name == "segtrain" and any(option == "--config" and (ROOT / "configs" / value).is_file() for option, value in pairs):
                yield number, tuple(word for pair in pairs for word in pair), None
    for number, recipe in page.recipes:
        yield number, (), recipe


def check_configuration(bin_folder, arguments, recipe):
    environment = {**os.environ, **{name: "/nonexistent" for name in DATA_ROOTS}}
    with tempfile.TemporaryDirectory() as folder:
        if recipe:
            (pathlib.Path(folder) / OWN_RECIPE).write_text(recipe, encoding="utf-8")
            arguments = ("--config", OWN_RECIPE)
        result = subprocess.run([bin_folder / "segtrain", *arguments, "--print-config"], cwd=folder, env=environment, capture_output=True, text=True,
                                check=False)
    if result.returncode:
        yield f"segtrain {' '.join(arguments)} --print-config: {result.stderr.strip()}"


def check_page(page, programs):
    yield from check_links(page)
    if page.path.name != "CHANGELOG.md":  # it names what is no more
        yield from check_paths(page)
        yield from check_keys(page, programs)
        yield from check_commands(page, programs)


# ---- The test of this test ----

MISTAKES = """# A page

A [link](missing.md), an [anchor](page.md#a-heading), a good [anchor](page.md#a-page), `loss.typo`, `scripts/missing.sh`, `src/missing.hpp`.
The good `loss.type`, `--output`, `segdata check` and `model.onnx`, the wrong `--missing` and `segdata check --output`.

    CAMVID_ROOT=x build/bin/segtrain --config demo.yaml --colour red | tee log        # --nothing is a comment
    mpirun -n 2 segtrain --config demo.yaml --set loss.type=ce \\
        --set loss.kind=ce --set loss.type=nothing && segdata draw --output x > --file
    scripts/setup.sh --lint --no-such-option && build/bin/missing_tests && build/bin/base_tests --gtest_filter='A.*'
    segtrain --config missing.yaml
"""
EXPECTED = ("missing.md leads to no file", "no heading for the link page.md#a-heading", "loss.typo is not a key", "scripts/missing.sh does not exist",
            "src/missing.hpp does not exist", "no script has the option --missing", "segdata check has no option --output",
            "segtrain has no option --colour", "there is no key loss.kind", "loss.type has no choice nothing", "segdata has no verb draw",
            "scripts/setup.sh has no option --no-such-option", "there is no recipe missing.yaml", "build/bin/missing_tests is not built")


def own_mistakes():
    """Yields what this test misses in the page above, and what it reports without reason."""
    options = {"segtrain": {"--config", "--set"}, "segdata": set(), "segdata check": {"--config"}, "segdata generate": {"--output"}}
    verbs = {"segtrain": set(), "segdata": {"check", "generate"}, "segdata check": set()}
    programs = Programs(options, verbs, {"loss.type": {"ce", "recall"}, "model.arch": set()})
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "page.md"
        path.write_text(MISTAKES, encoding="utf-8")
        found = sorted({text for _, text in check_page(Page(path), programs)})
    for text in EXPECTED:
        if not any(text in problem for problem in found):
            yield f"the test does not find: {text}"
    for problem in found:
        if not any(text in problem for text in EXPECTED):
            yield f"the test reports without reason: {problem}"


def main():
    bin_folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "bin").resolve()
    problems = list(own_mistakes())
    programs = Programs.read(bin_folder)
    files = [path for pattern in ("*.md", "docs/**/*.md", "configs/*.md", "data/*.md") for path in sorted(ROOT.glob(pattern))]
    configurations = {}
    for path in files:
        page = Page(path)
        name = path.relative_to(ROOT)
        problems += [f"{name}:{number}: {text}" for number, text in check_page(page, programs)]
        for number, *configuration in configurations_of(page):
            configurations.setdefault(tuple(configuration), f"{name}:{number}")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        results = pool.map(lambda one: list(check_configuration(bin_folder, *one)), configurations)
        problems += [f"{where}: {text}" for where, texts in zip(configurations.values(), results) for text in texts]
    print("\n".join(problems) if problems else f"docs: {len(files)} pages, {len(configurations)} configurations")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
