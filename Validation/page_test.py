"""Operates the service's page in a real browser and compares it with the command line.

    python3 -m venv Validation/venv && Validation/venv/bin/pip install -r Validation/page-requirements.txt
    Validation/venv/bin/python Validation/page_test.py http://127.0.0.1:8642 .build/release/shapefinder

Needs Debian's `chromium` and a service without a store; it starts services with a store from the program beside `shapefinder`. Exit
codes: 0; 1 if a check failed.
"""

import argparse
import contextlib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import urllib.parse
from statistics import median

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

SIZES = {"wide": (1440, 900), "middle": (1024, 768), "phone": (390, 844)}
SCHEMES = ("light", "dark")
REDRAW_MILLISECONDS = 100

# The content of a page, to compare two windows.
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

# Moves the slider faster than answers arrive.
RUSH = """async () => {
  const slider = document.querySelector('[data-testid=batch-slider]');
  for (const step of [3, 9, 4, 12, 6, 8]) {
    slider.value = step;
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise(requestAnimationFrame);
  }
}"""


# Shapes that take seconds to measure.
MEASURED = "/?v=1&grid=cpu&device=cpu&depth=1&width=96,+192&batch=2"
# A shape of the opening map whose uncertain estimate a compiler has settled.
SETTLED = {"width": 1024, "depth": 65, "mlpWidth": 6144, "heads": 16, "patch": 14, "head": "token", "optimizer": "adam"}
COMPILED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "compiled", "tpu-v3.ndjson")
TOKEN = "0123456789abcdef-page-test"


class Service:
    """A service with its own store, in a temporary folder."""

    def __init__(self, program, folder, token=""):
        self.program, self.folder, self.token, self.port = program, folder, token, 0
        self.store = os.path.join(folder, "page.sqlite")
        self.environment = {**os.environ, "HOME": folder, "XDG_CACHE_HOME": folder, "SHAPEFINDER_TOKEN": token}
        self.process = None

    def start(self):
        words = [os.path.join(os.path.dirname(self.program), "shapefinder-service"), "--store", self.store, "--port", str(self.port)]
        self.process = subprocess.Popen(words, env=self.environment, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip().rstrip("/")
        # A restart uses the same port.
        self.port = urllib.parse.urlsplit(self.url).port
        return self

    def end(self):
        self.process.kill()
        self.process.wait()

    def ask(self, *words):
        return subprocess.run([self.program, *words, "--store", self.store], env=self.environment, capture_output=True, text=True, check=True).stdout


class Checks:
    """Prints each check and counts those that failed."""

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
        self.own = {urllib.parse.urlsplit(self.url).netloc}
        # Whether the service is down, which makes the browser log errors.
        self.is_away = False

    @contextlib.contextmanager
    def service(self, token="", imported=None):
        """A service with a store, into which a file may be imported."""
        with tempfile.TemporaryDirectory() as folder:
            service = Service(self.program, folder, token)
            if imported:
                service.ask("runs", "import", imported)
            service.start()
            self.own.add(urllib.parse.urlsplit(service.url).netloc)
            try:
                yield service
            finally:
                service.end()

    def window(self, address="/", scheme="light", size="wide", url=None, **options):
        """A new window at an address of the page, with its map drawn."""
        width, height = SIZES[size]
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, permissions=["clipboard-read", "clipboard-write"], **options)
        context.on("request", lambda request: self.hosts.add(urllib.parse.urlsplit(request.url).netloc))
        page = context.new_page()
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", lambda message: self.troubles.append(message.text)
                if message.type in ("error", "warning") and "status of 4" not in message.text and not self.is_away else None)
        page.goto((url or self.url) + address)
        self.drawn(page)
        return page

    def drawn(self, page):
        page.wait_for_selector("fit-map[data-state=done]", state="attached", timeout=30_000)

    def opened(self, page):
        page.wait_for_selector("#breakdown[data-state=done]", timeout=30_000)

    def until(self, page, expression, seconds=10):
        """Polls an expression, because the page's content policy blocks Playwright's wait."""
        for _ in range(seconds * 50):
            if page.evaluate(expression):
                return
            page.wait_for_timeout(20)
        raise AssertionError(f"never: {expression}")

    def ask(self, *words):
        """The command line's output; exit code 3 only says that nothing fits."""
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
        # Answers take longer than the next move.
        network = page.context.new_cdp_session(page)
        network.send("Network.emulateNetworkConditions", {"offline": False, "latency": 300, "downloadThroughput": -1, "uploadThroughput": -1})
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

    def store(self):
        """Compiled results appear on the map and beside the estimate, and settle what is uncertain."""
        with self.service(imported=COMPILED) as service:
            page = self.window(url=service.url)
            self.until(page, "document.getElementById('signs').textContent.includes('compiled: 3 shapes')")
            rings = page.get_by_test_id("compiled").evaluate_all("(nodes) => nodes.reduce((sum, node) => sum + Number(node.dataset.count), 0)")
            self.check(rings == 3, "three shapes of the map have the ring of a compiler")
            page.get_by_test_id("open-ViT-G/14").click()
            self.opened(page)
            self.shot(page, "store-light")
            open_in = "&".join(f"{key}={value}" for key, value in SETTLED.items() if key in ("head", "optimizer"))
            numbers = f"{SETTLED['width']}x{SETTLED['depth']}x{SETTLED['mlpWidth']}h{SETTLED['heads']}p{SETTLED['patch']}"
            page.context.close()
            words = [word for key, value in SETTLED.items() for word in ("--" + re.sub("[A-Z]", lambda letter: "-" + letter[0].lower(), key), str(value))]
            alone = json.loads(self.ask("check", *words, "--no-store", "--format", "json"))
            known = json.loads(service.ask("check", *words, "--format", "json"))
            self.check((alone["verdict"], known["compiled"]["verdict"]) == ("uncertain", "fits"), f"{numbers} is uncertain, and settled by a compiler")
            page = self.window(f"/?v=1&{open_in}&open={numbers}", url=service.url)
            self.opened(page)
            page.locator(f"fit-panel [data-testid=cursor][data-depth='{SETTLED['depth']}'][data-width='{SETTLED['width']}']").first.wait_for(state="attached")
            label = page.locator(f"fit-panel [data-testid=cursor][data-depth='{SETTLED['depth']}'][data-width='{SETTLED['width']}']").first.get_attribute("aria-label")
            self.check("fits in" in label and "may fit" not in label and "compiled" in label, f"the map says so: {label}")
            for kind, result in (("estimated", alone), ("compiled", known["compiled"])):
                shown = page.get_by_test_id(f"known-{kind}")
                total = result["memory"]["total"]
                self.check(int(shown.locator("[data-bytes]").get_attribute("data-bytes")) == total, f"{kind} beside the other: {total:,} bytes")
            ratio = f"{alone['memory']['total'] / known['compiled']['memory']['total']:.3f}"
            self.check(ratio in page.get_by_test_id("known-compiled").inner_text(), f"with their ratio, {ratio}")
            self.check("libtpu 0.0.17.1" in page.get_by_test_id("known").inner_text() and " ago" in page.get_by_test_id("known").inner_text(), "by whom, and how long ago")
            page.context.close()

    def progress(self, page, number=1):
        return page.get_by_test_id(f"sweep-{number}").get_attribute("data-status")

    def measured(self, page):
        return page.get_by_test_id("measured").evaluate_all("(nodes) => nodes.reduce((sum, node) => sum + Number(node.dataset.count), 0)")

    def sweeps(self):
        """Sweeps from the page: one finishes, one outlives a restart of the service and is cancelled, one is refused, one fails."""
        with self.service() as service:
            page = self.window(MEASURED, url=service.url)
            page.get_by_test_id("sweeps-summary").click()
            self.until(page, "document.querySelector('[data-testid=sweeps-words]').textContent === 'None yet.'")
            shapes = len(page.request.get(f"{service.url}/v1/map?{urllib.parse.urlsplit(page.url).query[4:]}").json()["columns"]["panel"])
            page.get_by_test_id("sweep-kind-measure").check()
            call = self.copied(page, "copy-call-sweep")
            with page.expect_request(lambda request: request.method == "POST") as asked:
                page.get_by_test_id("sweep-start").click()
            body = asked.value.post_data_json
            self.check(body == {"kind": "measure", "grid": "cpu", "device": "cpu", "depth": "1", "width": "96, 192", "batch": "2"}, f"a sweep is asked for with the question of the map: {body}")
            self.check(json.loads(shlex.split(call)[shlex.split(call).index("-d") + 1]) == body, "the copied call asks the same")
            cursor = page.get_by_test_id("cursor").first
            cursor.focus()
            page.evaluate("document.querySelector('#map-area').scrollTop = 40")
            drawn, place = page.locator("fit-map").get_attribute("data-drawn"), page.evaluate("document.querySelector('#map-area').scrollTop")
            self.until(page, "document.querySelector('[data-testid=measured]')", 20)
            marks = self.measured(page)
            self.check(0 < marks < shapes and self.progress(page) == "running", f"cells are marked while it runs: {marks} of {shapes}")
            facts = page.locator(".sweep-facts").first
            self.until(page, "/^\\d+ of \\d+, \\d+:\\d\\d left$/.test(document.querySelector('.sweep-facts').textContent)", 20)
            self.check(True, f"it says how far it is, and how long it takes: {facts.inner_text()}")
            self.until(page, "document.querySelector('[data-testid=sweep-1]').dataset.status === 'finished'", 60)
            self.until(page, f"document.getElementById('signs').textContent.includes('measured: {shapes} shapes')")
            self.check(self.measured(page) == shapes, f"in the end all {shapes} are")
            self.check(page.locator("fit-map").get_attribute("data-drawn") == drawn, "without drawing the map again")
            self.check(page.evaluate("document.activeElement.dataset.testid") == "cursor" and page.evaluate("document.querySelector('#map-area').scrollTop") == place, "without taking the focus, and without scrolling")
            self.until(page, "document.querySelector('.sweep-facts').textContent.includes('run 1: ')")
            self.check(f"{shapes} of {shapes} in " in facts.inner_text(), f"the sweep says what came of it: {facts.inner_text()}")
            self.check(page.get_by_test_id("sweep-map-1").inner_text() == "of this map", "and that it is of this map")
            page.keyboard.press("ArrowRight")
            page.keyboard.press("Enter")
            self.opened(page)
            row, result = page.get_by_test_id("known-measured"), json.loads(service.ask("runs", "export").splitlines()[0])
            shown = int(row.locator("[data-bytes]").get_attribute("data-bytes"))
            stored = [json.loads(line) for line in service.ask("runs", "export").splitlines()]
            self.check(shown in [one["memory"]["total"] for one in stored], f"the cell has what was measured beside the estimate: {row.inner_text()}".replace("\n", " ").replace("\t", " "))
            self.check(result["provenance"]["host"] in page.get_by_test_id("known").inner_text(), "and on which host")
            self.away(service, page)
            self.refused(service)

    def away(self, service, page):
        page.goto(f"{service.url}/?v=1&grid=cpu&device=cpu&batch=2")
        self.drawn(page)
        page.get_by_test_id("sweeps-summary").click()
        # Listens to the stream itself, because the list is also polled: only an event lets the stream resume.
        page.evaluate(
            "() => { window.EventSource = class extends EventSource { constructor(url) { super(url);"
            " this.addEventListener('progress', ({ lastEventId }) => (window.heard = Number(lastEventId))); } } }"
        )
        page.get_by_test_id("sweep-kind-measure").check()
        page.get_by_test_id("sweep-start").click()
        self.until(page, "window.heard > 0 && document.querySelector('[data-testid=sweep-2]')?.dataset.status === 'running' && /^[1-9]/.test(document.querySelector('.sweep-facts').textContent)", 20)
        self.is_away = True
        service.end()
        self.until(page, "document.querySelector('.sweep-facts').textContent.includes('does not answer')")
        self.check(True, f"where the service is gone, the sweep says so: {page.locator('.sweep-facts').first.inner_text()}")
        page.get_by_test_id("batch").fill("3")
        page.get_by_test_id("batch").press("Enter")
        self.until(page, "document.querySelector('#messages').textContent.includes('does not answer')")
        with page.expect_request(lambda request: "/v1/sweeps/events" in request.url) as again:
            service.start()
        number = again.value.all_headers().get("last-event-id")
        self.check(number is not None and int(number) > 0, f"the stream goes on where it ended, at {number}")
        self.until(page, "!document.querySelector('#messages').textContent && document.querySelector('#map-title').textContent.includes('3 images')")
        self.until(page, "document.querySelector('[data-testid=sweep-2]').dataset.status === 'running' && !document.querySelector('.sweep-facts').textContent.includes('answer')", 20)
        self.is_away = False
        self.check(True, "and the page finds a service that was started again by itself: its map, and its sweep")
        page.get_by_test_id("cancel-2").click()
        self.until(page, "document.querySelector('[data-testid=sweep-2]').dataset.status === 'cancelled'")
        self.check("what was stored is kept" in page.locator(".sweep-facts").first.inner_text(), f"a sweep is cancelled: {page.locator('.sweep-facts').first.inner_text()}")
        self.check(page.evaluate("document.activeElement.closest('[data-testid=sweep-2]') !== null"), "and the focus stays with it")
        page.get_by_test_id("sweep-map-1").click()
        self.until(page, "document.querySelector('[data-testid=sweep-map-1]').textContent === 'of this map'")
        self.check("depth=1&" in page.url and "device=cpu" in page.url, f"a sweep leads to its map: {page.url[len(service.url):]}")
        page.context.close()

    def refused(self, service):
        for scheme in SCHEMES:
            page = self.window("/?v=1&open=ViT-G/14", scheme, url=service.url)
            self.opened(page)
            page.get_by_test_id("sweeps-summary").click()
            page.get_by_test_id("sweep-kind-compile").check()
            page.get_by_test_id("sweep-start").click()
            self.until(page, "document.querySelector('[data-testid=sweep-error]').textContent.includes('too many for one sweep')")
            self.axe(page, f"{scheme}, sweeps")
            self.shot(page, f"sweeps-{scheme}")
            page.get_by_test_id("sweep-map-1").click()
            self.until(page, "document.querySelector('#map-title').textContent.startsWith('cpu on cpu')")
            page.context.close()
        self.check(True, "what the service refuses stands at the form")
        # No compiler is installed in the service's home.
        page = self.window("/?v=1&grid=small&depth=12&width=768&mlpWidth=3072", size="phone", url=service.url)
        page.get_by_test_id("sweeps-summary").click()
        page.get_by_test_id("sweep-kind-compile").check()
        page.get_by_test_id("sweep-memory").check()
        page.get_by_test_id("sweep-start").click()
        self.until(page, "document.querySelector('[data-testid=sweep-3]')?.dataset.status === 'failed'", 20)
        error = page.get_by_test_id("sweep-3").locator(".error").inner_text()
        self.check("plugin" in error, f"a sweep that fails says why: {error}")
        self.check(page.evaluate("document.documentElement.scrollWidth") <= SIZES["phone"][0], "nothing is wider than a phone")
        self.axe(page, "phone, a sweep that failed")
        self.shot(page, "sweeps-phone", full_page=True)
        page.context.close()

    def token(self):
        with self.service(TOKEN) as service:
            for scheme in SCHEMES:
                page = self.window("/?v=1&grid=small&depth=12", scheme, url=service.url)
                page.get_by_test_id("sweeps-summary").click()
                page.get_by_test_id("sweep-start").click()
                page.get_by_test_id("token-dialog").wait_for()
                self.axe(page, f"{scheme}, token")
                self.shot(page, f"token-{scheme}")
                page.keyboard.press("Escape")
                self.until(page, "document.querySelector('[data-testid=sweep-error]').textContent.includes('token')")
                if scheme == SCHEMES[0]:
                    page.context.close()
            self.check(page.evaluate("document.activeElement.dataset.testid") == "sweep-start", "who has no token is told, and is where they were")
            sent = []
            page.on("request", lambda request: sent.append((request.url, request.headers.get("authorization"))))
            page.get_by_test_id("sweep-start").click()
            page.get_by_test_id("token").fill("not-the-right-token")
            page.get_by_test_id("token").press("Enter")
            self.until(page, "document.querySelector('[data-testid=token-error]')?.textContent.includes('did not take')")
            self.check(page.evaluate("document.activeElement.dataset.testid") == "token", "a wrong token is said beside its field")
            page.get_by_test_id("token").fill(TOKEN)
            page.get_by_test_id("token-send").click()
            self.until(page, "document.querySelector('[data-testid=sweep-1]')?.dataset.status === 'finished'", 20)
            self.check(True, "with the token a sweep is done")
            page.get_by_test_id("sweep-start").click()
            # Its end is said where the copies are said.
            self.until(page, "document.querySelector('[data-testid=sweep-2]')?.dataset.status === 'finished'", 20)
            self.check(page.get_by_test_id("token-dialog").count() == 0, "it is asked for once")
            self.check(f"Bearer {TOKEN}" in [header for _, header in sent], "it goes in a header")
            kept = page.evaluate("[JSON.stringify(sessionStorage), JSON.stringify(localStorage), document.cookie, document.documentElement.outerHTML]")
            self.check(TOKEN in kept[0] and not any(TOKEN in text for text in kept[1:]), "this tab keeps it, and nothing else")
            copies = [self.copied(page, name) for name in ("copy-call-sweep", "copy-call-map", "copy-command-map", "copy-link")]
            self.check(not any(TOKEN in text for text in [page.url, *copies, *(url for url, _ in sent)]), "no address and no copy has it")
            page.get_by_test_id("token-forget").click()
            self.check(page.evaluate("sessionStorage.length") == 0, "and it is forgotten on request")
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
        for part in (self.slider, self.breakdown, self.advice, self.link, self.keyboard, self.large, self.twin, self.store, self.sweeps, self.token, self.looks):
            print(f"\n{part.__name__}")
            part()
        print("\nall of it")
        self.check(self.hosts == self.own, f"no request leaves the host: {', '.join(sorted(self.hosts))}")
        self.check(not self.troubles, f"the browser complains of nothing {self.troubles[:5] or ''}")
        return self.check.failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="address of the service")
    parser.add_argument("program", help="the `shapefinder` binary; `shapefinder-service` and `shapefinder-worker` are beside it")
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
