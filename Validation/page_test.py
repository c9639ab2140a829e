"""Works the service's page in a real browser and holds what it shows against the command line.

    python3 -m venv Validation/venv && Validation/venv/bin/pip install -r Validation/page-requirements.txt
    Validation/venv/bin/python Validation/page_test.py http://127.0.0.1:8642 .build/release/shapefinder

Needs Debian's `chromium`, and a service without a store. Exit codes: 0; 1 where a check failed.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import urllib.parse
from statistics import median

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

SIZES = {"wide": (1440, 900), "middle": (1024, 768), "phone": (390, 844)}
SCHEMES = ("light", "dark")
REDRAW_MILLISECONDS = 100

# What a page shows, for comparing two windows.
SNAPSHOT = """() => ({
  title: document.querySelector('#map-title').textContent,
  cells: [...document.querySelectorAll('fit-map .cells path')].map((path) => (path.getAttribute('fill') ?? '').replace(/-\\d+/, '') + path.getAttribute('d')).join(),
  controls: [...document.querySelectorAll('#controls input, #controls select')].map((field) => field.value),
  shape: document.querySelector('[data-testid=shape-title]').textContent,
  verdict: document.querySelector('[data-testid=verdict-status]').textContent,
  bytes: [...document.querySelectorAll('#breakdown [data-bytes]')].map((node) => node.dataset.bytes),
})"""

# Moves the slider step by step and measures from each event until the map is drawn and painted.
MOVES = """async () => {
  const slider = document.querySelector('[data-testid=batch-slider]'), map = document.querySelector('fit-map');
  const times = [];
  for (let step = 2; step < 18; step += 1) {
    const before = map.dataset.drawn, start = performance.now();
    slider.value = step;
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    while (map.dataset.drawn === before && performance.now() - start < 5000) await new Promise(requestAnimationFrame);
    times.push(performance.now() - start);
  }
  return times;
}"""

# Moves the slider faster than any answer comes.
RUSH = """async () => {
  const slider = document.querySelector('[data-testid=batch-slider]');
  for (const step of [3, 9, 4, 12, 6, 8]) {
    slider.value = step;
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise(requestAnimationFrame);
  }
}"""


class Checks:
    """Says each check as it is made, and counts those that failed."""

    def __init__(self):
        self.failed = 0

    def __call__(self, is_right, words):
        print(("ok    " if is_right else "WRONG ") + words, flush=True)
        self.failed += not is_right


class Test:
    def __init__(self, browser, url, program, folder):
        self.browser, self.url, self.program, self.folder = browser, url.rstrip("/"), program, folder
        self.check = Checks()
        self.hosts, self.troubles = set(), []

    def window(self, address="/", scheme="light", size="wide", **options):
        """A new window on an address of the page, after its map is drawn."""
        width, height = SIZES[size]
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, permissions=["clipboard-read", "clipboard-write"], **options)
        context.on("request", lambda request: self.hosts.add(urllib.parse.urlsplit(request.url).netloc))
        page = context.new_page()
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", lambda message: self.troubles.append(message.text)
                if message.type in ("error", "warning") and "status of 4" not in message.text else None)
        page.goto(self.url + address)
        self.drawn(page)
        return page

    def drawn(self, page):
        page.wait_for_selector("fit-map[data-state=done]", state="attached", timeout=30_000)

    def opened(self, page):
        page.wait_for_selector("#breakdown[data-state=done]", timeout=30_000)

    def until(self, page, expression, seconds=10):
        """Waits for the page; its content policy forbids what Playwright's own way needs."""
        for _ in range(seconds * 50):
            if page.evaluate(expression):
                return
            page.wait_for_timeout(20)
        raise AssertionError(f"never: {expression}")

    def ask(self, *words):
        """What the command line prints; 3 only says that nothing fits."""
        done = subprocess.run([self.program, *words], capture_output=True, text=True, check=False)
        if done.returncode not in (0, 3):
            sys.exit(f"{shlex.join(words)}: {done.stderr}")
        return done.stdout

    def copied(self, page, testid):
        page.evaluate("document.getElementById('said').textContent = ''")
        page.get_by_test_id(testid).first.click()
        self.until(page, "document.getElementById('said').textContent === 'copied'")
        return page.evaluate("navigator.clipboard.readText()")

    def slider(self):
        page = self.window()
        slider, before = page.get_by_test_id("batch-slider"), page.evaluate(SNAPSHOT)["cells"]
        slider.focus()
        for _ in range(4):
            page.keyboard.press("ArrowRight")
        self.until(page, "document.querySelector('#map-title').textContent.includes('32 images')")
        self.check(page.evaluate(SNAPSHOT)["cells"] != before, "the map changes when the batch slider moves")
        page.wait_for_timeout(50)
        self.check("batch=32" in page.url and "v=1" in page.url, "the address says so")
        times = page.evaluate(MOVES)
        self.check(median(times) < REDRAW_MILLISECONDS, f"redrawn in {median(times):.0f} ms (median), {max(times):.0f} ms (most)")
        page.context.close()
        page = self.window("/?v=1&mlpWidth=all")
        cancelled = []
        page.on("requestfailed", lambda request: cancelled.append(request.url))
        page.evaluate(RUSH)
        self.until(page, "document.querySelector('#map-title').textContent.includes('24 images')")
        self.drawn(page)
        self.check(page.get_by_test_id("batch").input_value() == "24", "the last of several fast moves is what is drawn")
        self.check(len(cancelled) > 0, f"{len(cancelled)} questions were cancelled by the next move")
        page.context.close()

    def breakdown(self):
        page = self.window()
        page.get_by_test_id("mark-ViT-G/14").first.click()
        self.opened(page)
        known = json.loads(self.ask("check", "ViT-G/14", "--no-store", "--format", "json"))
        memory = known["memory"]
        shown = page.get_by_test_id("total-bytes")
        self.check(int(shown.get_attribute("data-bytes")) == memory["total"], f"the cell of ViT-G/14 has the total of `check`: {memory['total']:,} bytes")
        text = self.ask("check", "ViT-G/14", "--no-store")
        self.check(f"{shown.inner_text().split(' ')[0]} of" in text.splitlines()[0], f"written as there: {shown.inner_text()}")
        status = page.get_by_test_id("verdict-status").text_content()
        self.check(status == text.splitlines()[0], f"and the same sentence: {status}")
        rows = page.locator(".parts data").evaluate_all("(nodes) => nodes.map((node) => Number(node.dataset.bytes))")
        for key in ("parameters", "optimizerState", "inputs", "activations", "gradients", "workspace", "packing", "paddingWaste"):
            self.check(memory[key] in rows, f"{key}: {memory[key]:,} bytes")
        command = self.copied(page, "copy-command-check")
        again = json.loads(self.ask(*shlex.split(command)[1:], "--format", "json"))
        self.check(again["memory"] == memory, f"the copied command says the same: {command}")
        call = shlex.split(self.copied(page, "copy-call-check"))
        answer = page.request.get(call[1]).json()
        self.check(call[0] == "curl" and answer["memory"] == memory, f"the copied call says the same: {call[1]}")
        page.locator(".part-text summary").click()
        expect(page.get_by_test_id("text")).to_contain_text("largest batch")
        self.check(page.get_by_test_id("text").text_content() == text, "the text is that of the command line, to the byte")
        rows = json.loads(self.ask("optimizers", "ViT-G/14", "--format", "json"))
        states = page.locator(".optimizers tbody tr td:nth-child(2) data").evaluate_all("(nodes) => nodes.map((node) => Number(node.dataset.bytes))")
        self.check(states == [row["state"] for row in rows], "the optimizers have the states of `optimizers`")
        for what in ("map", "check", "advice", "optimizers", "timeline"):
            command = self.copied(page, f"copy-command-{what}")
            done = subprocess.run([self.program, *shlex.split(command)[1:]], capture_output=True, text=True, check=False)
            self.check(done.returncode == 0, f"the command line takes: {command}")
        self.check(page.locator(".timeline").get_attribute("aria-label").startswith("Live bytes over the step"), "the timeline is drawn")
        page.context.close()

    def advice(self):
        page = self.window("/?v=1&optimizer=adam&open=ViT-G/14")
        self.opened(page)
        verdict = page.get_by_test_id("verdict")
        self.check(verdict.get_attribute("data-verdict") == "does-not-fit", "under Adam ViT-G/14 does not fit")
        page.get_by_test_id("change").first.click()
        expect(verdict).to_have_attribute("data-verdict", "fits")
        self.drawn(page)
        self.check("optimizer=adafactor" in page.url, "a button of the advice applies its change, and ViT-G/14 fits")
        page.context.close()

    def link(self):
        page = self.window()
        page.get_by_test_id("batch-slider").fill("10")
        page.get_by_test_id("precision").select_option("float32")
        page.locator("[data-key=mlpWidth] .chip", has_text="4096").click()
        page.locator("[data-key=mlpWidth] .chip", has_text="6144").click()
        self.drawn(page)
        page.get_by_test_id("open-ViT-G/14").click()
        self.opened(page)
        page.get_by_test_id("setting-1").click()
        page.wait_for_timeout(100)
        self.opened(page)
        link = self.copied(page, "copy-link")
        self.check(len(link) <= 2000 and link == page.url, f"the link: {link}")
        other = self.window(link[len(self.url):])
        self.opened(other)
        ours, theirs = page.evaluate(SNAPSHOT), other.evaluate(SNAPSHOT)
        for key in ours:
            self.check(ours[key] == theirs[key], f"a new window shows the same {key}")
        for window in (page, other):
            window.context.close()
        page = self.window("/?v=7&batch=32")
        self.check("version 7" in page.get_by_test_id("message").inner_text(), "a link of another version is said to be one")
        page.context.close()
        page = self.window("/?v=1&batch=many&head=tail&width=foo&grid=none")
        self.until(page, "document.querySelectorAll('[data-testid=message]').length === 4")
        self.drawn(page)
        self.check(True, "each bad value of a link is named, and its default is shown")
        page.context.close()
        page = self.window("/?v=1&heads=7&width=512")
        self.check(page.get_by_test_id("no-shapes").is_visible(), "a map without shapes says so")
        page.context.close()
        page = self.window()
        page.get_by_test_id("memoryLimit").fill("plenty")
        page.get_by_test_id("memoryLimit").press("Enter")
        expect(page.get_by_test_id("error-memoryLimit")).to_contain_text("must be a whole number of bytes")
        self.check(True, "what the service refuses stands at its control")
        for key in ("depth", "width", "patch"):
            page.locator(f"[data-testid={key}]").evaluate("(field) => { field.value = '漢'.repeat(100); field.dispatchEvent(new Event('change')); }")
        page.wait_for_timeout(100)
        self.check(len(page.url) <= 2000, "the address never has more than 2,000 characters")
        page.context.close()

    def keyboard(self):
        page = self.window()
        focused = lambda: page.evaluate("document.activeElement.dataset?.testid ?? ''")
        for _ in range(120):
            page.keyboard.press("Tab")
            if focused() == "cursor":
                break
        self.check(focused() == "cursor", "Tab reaches the map")
        label = lambda: page.evaluate("document.activeElement.getAttribute('aria-label')")
        start = label()
        self.check(page.get_by_test_id("tip").is_visible(), f"focus shows the cell's figures: {start}")
        for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft", "ArrowUp", "ArrowUp"):
            page.keyboard.press(key)
        self.check(label() == start, "arrow keys move over the cells, and back")
        page.keyboard.press("ArrowDown")
        self.check(page.locator("fit-panel").first.locator("[data-testid=cursor][tabindex='0']").count() == 1, "one cell of a panel is a tab stop")
        row = page.evaluate("document.activeElement.dataset.row")
        page.keyboard.press("Enter")
        self.opened(page)
        self.check(focused() == "shape-title", "Enter opens the breakdown")
        page.keyboard.press("Escape")
        self.check(page.get_by_test_id("breakdown").is_hidden() and page.evaluate("document.activeElement.dataset.row") == row, "Escape closes it, and the cell has the focus again")
        page.keyboard.press("Tab")
        self.check("MLP-width 8192" in page.evaluate("document.activeElement.closest('fit-panel').textContent"), "Tab goes on to the next panel")
        page.keyboard.press("Enter")
        self.opened(page)
        self.check(page.get_by_test_id("shape-title").inner_text() == "ViT-G/14", "which begins at ViT-G/14")
        page.context.close()

    def large(self):
        page = self.window("/?v=1&mlpWidth=all&heads=all")
        self.check(page.locator("fit-map").get_attribute("data-painter") == "canvas", "a large map is painted on canvases")
        self.check(page.locator("fit-panel").count() == 36, "it has 36 panels")
        page.get_by_test_id("mark-ViT-G/14").first.click()
        self.opened(page)
        self.check(page.get_by_test_id("shape-title").inner_text() == "ViT-G/14", "and its cells open, too")
        page.context.close()

    def twin(self):
        page = self.window()
        page.locator("#twin summary").click()
        table = page.get_by_test_id("twin-table")
        table.wait_for()
        self.check(table.locator("tbody tr").count() == 100 and table.locator("thead th").count() == 34, "the map is a table, too: 100 depths, 33 widths")
        for form, kind in (("svg", "image/svg+xml"), ("csv", "text/csv"), ("json", "application/json"), ("ndjson", "ndjson")):
            link = page.get_by_test_id(f"download-{form}").get_attribute("href")
            answer = page.request.get(urllib.parse.urljoin(page.url, link))
            self.check(answer.ok and kind in answer.headers["content-type"], f"it downloads as {form}: {len(answer.body()):,} bytes")
        page.context.close()

    def looks(self):
        grounds = set()
        for scheme in SCHEMES:
            for size in SIZES:
                page = self.window(scheme=scheme, size=size)
                grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
                self.axe(page, f"{scheme}, {size}, map")
                self.shot(page, f"{size}-{scheme}")
                page.get_by_test_id("open-ViT-G/14").click()
                self.opened(page)
                page.locator("#controls details").evaluate_all("(nodes) => nodes.forEach((node) => (node.open = true))")
                self.axe(page, f"{scheme}, {size}, breakdown")
                page.locator("#controls .more").evaluate_all("(nodes) => nodes.forEach((node) => (node.open = false))")
                if size == "phone":
                    page.locator("#controls details").evaluate_all("(nodes) => nodes.forEach((node) => (node.open = false))")
                page.evaluate("document.querySelector('#controls').scrollTop = 0")
                if size == "phone":
                    page.evaluate("document.querySelector('#breakdown').scrollIntoView()")
                self.shot(page, f"{size}-{scheme}-breakdown")
                wide = page.evaluate("document.documentElement.scrollWidth")
                self.check(wide <= SIZES[size][0], f"{scheme}, {size}: nothing is wider than the window")
                page.context.close()
        self.check(len(grounds) == 2, "light and dark differ")

    def axe(self, page, where):
        found = Axe().run(page)
        for violation in found.response["violations"]:
            print("      ", violation["id"], violation["help"], [node["target"] for node in violation["nodes"]][:3])
        self.check(found.violations_count == 0, f"axe-core finds nothing: {where}")

    def shot(self, page, name, **options):
        if self.folder:
            os.makedirs(self.folder, exist_ok=True)
            page.screenshot(path=os.path.join(self.folder, f"{name}.png"), **options)

    def run(self):
        for part in (self.slider, self.breakdown, self.advice, self.link, self.keyboard, self.large, self.twin, self.looks):
            print(f"\n{part.__name__}")
            part()
        print("\nall of it")
        self.check(self.hosts == {urllib.parse.urlsplit(self.url).netloc}, f"no request leaves the host: {', '.join(sorted(self.hosts))}")
        self.check(not self.troubles, f"the browser complains of nothing {self.troubles[:5] or ''}")
        return self.check.failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="address of the service")
    parser.add_argument("program", help="the `shapefinder` binary")
    parser.add_argument("--screenshots", help="folder for screenshots at three sizes in both themes")
    parser.add_argument("--browser", default="/usr/bin/chromium", help="the browser (default: %(default)s)")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.browser, args=["--no-sandbox"])
        failed = Test(browser, options.url, os.path.abspath(options.program), options.screenshots).run()
        browser.close()
    print(f"\n{failed} checks failed" if failed else "\nall checks passed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
