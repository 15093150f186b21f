#!/usr/bin/python3
"""The HTML pages in a real browser: pages_test.py BIN_FOLDER [SCREENSHOT_FOLDER]

BIN_FOLDER holds segreport and segdata. Exit code 77: there is no browser here; with SEG_REQUIRE_ALL=1 that is a failure.
"""

import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

import runs

try:
    import browser
    from selenium.webdriver.common.keys import Keys
except ImportError:
    browser = None

PLAIN = ["Road", "Building", "Sky", "Pavement", "Tree", "Car", "Fence", "SignSymbol", "Pedestrian", "Bicyclist", "Pole"]
HOSTILE = ["</script><script>window.hacked = 1</script>", '<img src=x onerror="window.hacked = 2">', "\"&'`${window.hacked = 3}", "a" * 120,
           "{{{page.data}}}", "道路", "last"]
HERE = pathlib.Path(__file__).parent
BIN = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/bin")
SHOTS = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None


def run(program, *words):
    subprocess.run([BIN / program, *words], check=True, stdout=subprocess.DEVNULL)


def write_pages(folder):
    """The pages, as the programs write them: name -> file."""
    plain, hostile = [], []
    for quality, loss in ((0.7, "ce"), (0.75, "focal"), (0.8, "recall")):
        for seed in (0, 1):
            plain.append(folder / f"{loss}-seed{seed}")
            runs.write_run(plain[-1], PLAIN, loss, seed, quality + 0.02 * seed, curve=True)
    for loss in ("ce", "<b onclick=x>recall"):
        hostile.append(folder / f"hostile{len(hostile)}")
        runs.write_run(hostile[-1], HOSTILE, loss)
    run("segreport", plain[-1])
    run("segreport", hostile[1])
    run("segreport", "compare", *plain, "--baseline", "ce", "--baseline", "recall-seed1", "--block", "1", "--output", folder)
    run("segreport", "compare", *hostile, "--output", folder / "hostile")
    data, statistics = folder / "data", folder / "statistics.html"
    run("segdata", "generate", "--layout", "camvid", "--output", data, "--count", "12", "--size", "48x64")
    run("segdata", "stats", "--config", "camvid_ce.yaml", "--set", f"data.root={data}", "--html", statistics)
    return {"run": plain[-1] / "report.html", "hostile": hostile[1] / "report.html", "comparison": folder / "comparison.html",
            "hostile-comparison": folder / "hostile/comparison.html", "statistics": statistics}


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="segpages-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.pages = write_pages(pathlib.Path(cls.folder.name))
        cls.browser = browser.Browser()
        cls.addClassCleanup(cls.browser.quit)

    @contextlib.contextmanager
    def opened(self, name):
        """The page of this name, which must tell no errors and fetch nothing."""
        url = self.pages[name].as_uri()
        with self.subTest(page=name):
            self.browser.open(url)
            yield self.browser
            self.assertEqual(self.browser.told(), [], "errors on the console")
            self.assertEqual(self.browser.fetched(url), [], "something was fetched")

    def image(self, figure):
        return self.browser.run("return document.querySelector('#' + arguments[0] + ' canvas').toDataURL()", figure)

    def image_other_than(self, figure, before, complaint):
        now = browser.eventually(lambda: self.image(figure), lambda image: image != before)
        self.assertNotEqual(now, before, complaint)
        return now

    def ground(self):
        return self.browser.run("return getComputedStyle(document.body).backgroundColor")

    def test_charts_are_drawn(self):
        count_colours = """return [...document.querySelectorAll('canvas')].map(canvas => {
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          const colours = new Set();
          for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 0) colours.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
          return [canvas.closest('figure').id, colours.size];
        })"""
        for name in self.pages:
            with self.opened(name) as page:
                colours = page.run(count_colours)
                self.assertGreater(len(colours), 0, "there is no chart")
                for figure, count in colours:
                    self.assertGreater(count, 3, f"{figure} is blank")

    def test_the_keyboard_reaches_the_legend(self):
        focused = """const one = document.activeElement;
          return one.matches('.legend button') ? [one.closest('figure').id, one.getAttribute('aria-pressed')] : null"""
        for name in self.pages:
            with self.opened(name) as page:
                for _ in range(100):
                    page.press(Keys.TAB)
                    button = page.run(focused)
                    if button:
                        break
                self.assertIsNotNone(button, "Tab reaches no button of a legend")
                figure = button[0]
                before = self.image(figure)
                page.press(Keys.ENTER)
                self.assertEqual(page.run(focused), [figure, "false"], "Enter does not hide a line")
                self.image_other_than(figure, before, "the chart stays as it was")
                page.press(Keys.ENTER)
                self.assertEqual(page.run(focused), [figure, "true"])

    def test_pages_fit_a_phone(self):
        for name in self.pages:
            with self.opened(name) as page:
                page.resize(browser.PHONE)
                width = lambda: page.run("return Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)")
                fits = lambda pixels: pixels <= browser.PHONE[0]
                self.assertTrue(fits(browser.eventually(width, fits, seconds=2)), f"the page is {width()} pixels wide")

    def test_nothing_scrolls_sideways_on_a_desk(self):
        wide = "return [...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth).map(one => one.ariaLabel)"
        with self.opened("comparison") as page:
            page.resize((1200, 900))
            self.assertEqual(browser.eventually(lambda: page.run(wide), lambda found: not found, seconds=2), [])

    def test_rows_can_be_sorted(self):
        column = "return [...document.querySelector('table.sortable').tBodies[0].rows].map(row => row.cells[arguments[0]].textContent)"
        click = "document.querySelector('table.sortable').tHead.rows[0].cells[arguments[0]].querySelector('button').click()"
        with self.opened("comparison") as page:
            for index, key in ((0, str), (2, lambda text: float(text.split()[0]))):
                page.run(click, index)
                first = page.run(column, index)
                self.assertEqual(first, sorted(first, key=key, reverse=index > 0))
                page.run(click, index)
                self.assertEqual(page.run(column, index), first[::-1])

    def test_text_is_readable_and_charts_follow_the_theme(self):
        least_contrast = (HERE / "contrast.js").read_text(encoding="utf-8")
        for name in self.pages:
            with self.opened(name) as page:
                figure = page.run("return document.querySelector('figure.chart').id")
                grounds, drawn = {}, ""
                for theme in ("light", "dark"):
                    page.emulate(theme)
                    worst = page.run(least_contrast)
                    self.assertGreaterEqual(worst["ratio"], 4.5, f"{theme}: {worst['text']}")
                    grounds[theme] = self.ground()
                    drawn = self.image_other_than(figure, drawn, "charts do not follow the theme")
                self.assertNotEqual(grounds["dark"], grounds["light"], "the dark theme is not dark")

    def test_paper_is_white(self):
        for name in self.pages:
            with self.opened(name) as page:
                light = self.ground()
                page.emulate("dark", media="print")
                self.assertEqual(self.ground(), light)
                pdf = page.pdf()
                self.assertGreater(len(pdf), 10000, "print is empty")
                if SHOTS:
                    (SHOTS / f"{name}.pdf").write_bytes(pdf)

    def test_names_stay_text(self):
        elements = "main script, main img:not([src^=\"data:image/png\"]), main b[onclick]"
        for name in self.pages:
            with self.opened(name) as page:
                self.assertIsNone(page.run("return window.hacked ?? null"), "a name was run as a script")
                self.assertEqual(page.run("return document.querySelectorAll(arguments[0]).length", elements), 0, "a name became an element")
                if name.startswith("hostile"):
                    text = page.run("return document.querySelector('main').textContent")
                    for hostile in HOSTILE:
                        self.assertIn(hostile, text)

    @unittest.skipUnless(SHOTS, "no folder for screenshots")
    def test_screenshots_can_be_taken(self):
        for name in self.pages:
            with self.opened(name) as page:
                for look, theme, size in (("light", "light", browser.DESK), ("dark", "dark", browser.DESK), ("phone", "light", browser.PHONE)):
                    page.resize(size)
                    page.emulate(theme)
                    time.sleep(0.2)
                    (SHOTS / f"{name}-{look}.png").write_bytes(page.picture())


if __name__ == "__main__":
    if not browser or not pathlib.Path(browser.DRIVER).exists():
        print("skipped: Chromium, its driver or python3-selenium is missing; scripts/setup.sh --browser installs them")
        sys.exit(1 if os.environ.get("SEG_REQUIRE_ALL") == "1" else 77)
    if SHOTS:
        SHOTS.mkdir(parents=True, exist_ok=True)
    unittest.main(argv=sys.argv[:1])
