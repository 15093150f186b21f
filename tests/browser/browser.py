"""A headless Chromium, steered through Debian's chromium-driver and python3-selenium."""

import base64
import json
import os
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains

DRIVER = "/usr/bin/chromedriver"
DESK = (1280, 900)
PHONE = (390, 844)


class Browser:
    def __init__(self):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        arguments = ["headless=new", "hide-scrollbars", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update",
                     "disable-sync", "disable-dev-shm-usage"]
        if os.geteuid() == 0:
            arguments.append("no-sandbox")  # Chromium's sandbox does not start as root
        for argument in arguments:
            options.add_argument(f"--{argument}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service(DRIVER), options=options)

    def quit(self):
        self.driver.quit()

    def open(self, url):
        """On a desk, in the light theme; what earlier pages told is forgotten."""
        self.resize(DESK)
        self.emulate("light")
        self.told(), self.fetched("")
        self.driver.get(url)

    def run(self, script, *words):
        return self.driver.execute_script(script, *words)

    def press(self, key):
        ActionChains(self.driver).send_keys(key).perform()

    def resize(self, size):
        self._command("Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1, mobile=False)

    def emulate(self, theme, media="screen"):
        self._command("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": theme}])

    def pdf(self):
        return base64.b64decode(self._command("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)["data"])  # A4

    def picture(self):
        """A PNG file of the whole page."""
        size = self._command("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        return base64.b64decode(self._command("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"])

    def told(self):
        """Errors and warnings on the console since the last call, those of scripts included."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def fetched(self, url):
        """What was asked for besides `url` itself since the last call."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        asked = [message["params"]["request"]["url"] for message in messages if message["method"] == "Network.requestWillBeSent"]
        return [one for one in asked if one != url and not one.startswith("data:")]

    def _command(self, name, **parameters):
        return self.driver.execute_cdp_cmd(name, parameters)


def eventually(ask, wanted, seconds=10):
    """Asks until the answer is wanted; the last answer. Charts are drawn anew some time after what asks for it."""
    end = time.monotonic() + seconds
    answer = ask()
    while not wanted(answer) and time.monotonic() < end:
        time.sleep(0.05)
        answer = ask()
    return answer
