// The HTML pages in a real browser: node pages.mjs BIN_FOLDER [SCREENSHOT_FOLDER]
// BIN_FOLDER holds segreport and segdata. Exit code 77: there is no Chromium or no playwright-core.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeRun } from './runs.mjs';

const [bin, shots] = process.argv.slice(2);
const executablePath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const playwright = await import('playwright-core').catch(() => null);
if (!executablePath || !playwright) {
  console.log(`skipped: ${executablePath ? 'playwright-core is not installed' : 'there is no Chromium'}; scripts/test_pages.sh installs it`);
  process.exit(77);
}

const kPhone = { width: 390, height: 844 };
const kDesk = { width: 1280, height: 900 };
const kPlain = ['Road', 'Building', 'Sky', 'Pavement', 'Tree', 'Car', 'Fence', 'SignSymbol', 'Pedestrian', 'Bicyclist', 'Pole'];
const kHostile = ['</script><script>window.hacked = 1</script>', '<img src=x onerror="window.hacked = 2">', '"&\'`${window.hacked = 3}', 'a'.repeat(120), '道路', 'last'];

// ---- the pages, as the programs write them

function run(program, ...words) {
  execFileSync(join(bin, program), words, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function writePages(folder) {
  const plain = ['ce', 'recall'].flatMap((loss, i) => [0, 1].map(seed => {
    const path = join(folder, `${loss}-seed${seed}`);
    writeRun(path, { names: kPlain, loss, seed, quality: 0.7 + 0.1 * i + 0.02 * seed });
    return path;
  }));
  const hostile = ['ce', '<b onclick=x>recall'].map((loss, i) => {
    const path = join(folder, `hostile${i}`);
    writeRun(path, { names: kHostile, loss, quality: 0.8 });
    return path;
  });
  run('segreport', plain.at(-1));
  run('segreport', hostile[1]);
  run('segreport', 'compare', ...plain, '--output', folder);
  run('segreport', 'compare', ...hostile, '--output', join(folder, 'hostile'));
  const data = join(folder, 'data'), statistics = join(folder, 'statistics.html');
  run('segdata', 'generate', '--layout', 'camvid', '--output', data, '--count', '12', '--size', '48x64');
  run('segdata', 'stats', '--config', 'camvid_ce.yaml', '--set', `data.root=${data}`, '--html', statistics);
  return {
    run: join(plain.at(-1), 'report.html'), hostile: join(hostile[1], 'report.html'), comparison: join(folder, 'comparison.html'),
    'hostile-comparison': join(folder, 'hostile/comparison.html'), statistics,
  };
}

// ---- what each of them must do

async function chartsAreDrawn(page) {
  const canvases = await page.$$eval('canvas', list => list.map(canvas => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Set();
    for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 0) colours.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
    return { id: canvas.closest('figure').id, colours: colours.size };
  }));
  assert.ok(canvases.length > 0, 'there is no chart');
  for (const { id, colours } of canvases) assert.ok(colours > 3, `${id} is blank`);
}

const image = (page, figure) => page.$eval(`#${figure} canvas`, canvas => canvas.toDataURL());

// Charts are drawn anew some time after what asks for it.
async function imageOtherThan(page, figure, before, complaint) {
  for (const end = Date.now() + 10000; Date.now() < end; await page.waitForTimeout(50)) {
    const now = await image(page, figure);
    if (now !== before) return now;
  }
  assert.fail(complaint);
}

async function keyboardReachesTheLegend(page) {
  const focused = () => page.evaluate(() => {
    const element = document.activeElement;
    return element.matches('.legend button') ? { figure: element.closest('figure').id, pressed: element.getAttribute('aria-pressed') } : null;
  });
  let button = null;
  for (let i = 0; i < 100 && !button; ++i) {
    await page.keyboard.press('Tab');
    button = await focused();
  }
  assert.ok(button, 'Tab reaches no button of a legend');
  const before = await image(page, button.figure);
  await page.keyboard.press('Enter');
  assert.equal((await focused()).pressed, 'false', 'Enter does not hide a line');
  await imageOtherThan(page, button.figure, before, 'the chart stays as it was');
  await page.keyboard.press('Enter');
  assert.equal((await focused()).pressed, 'true');
}

async function fitsAPhone(page) {
  await page.setViewportSize(kPhone);
  const width = () => page.evaluate(() => Math.max(document.documentElement.scrollWidth, document.body.scrollWidth));
  // Charts follow a moment later.
  for (let i = 0; i < 40 && await width() > kPhone.width; ++i) await page.waitForTimeout(50);
  assert.ok(await width() <= kPhone.width, `the page is ${await width()} pixels wide on a phone of ${kPhone.width}`);
  await page.setViewportSize(kDesk);
}

// WCAG 2.1, relative luminance and contrast ratio; of all text that is shown.
function leastContrast() {
  const parse = colour => colour.match(/[\d.]+/g).map(Number);
  const luminance = rgb => {
    const [r, g, b] = rgb.map(value => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const groundOf = element => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) layers.push(parse(getComputedStyle(one).backgroundColor));
    return layers.reverse().reduce((below, [r, g, b, alpha = 1]) => [r, g, b].map((value, i) => value * alpha + below[i] * (1 - alpha)), [255, 255, 255]);
  };
  let worst = { ratio: Infinity };
  for (const element of document.querySelectorAll('h1, h2, h3, p, td, th, dt, dd, li, pre, small, figcaption, button, summary')) {
    if (!element.textContent.trim() || !element.getClientRects().length) continue;
    const [a, b] = [luminance(parse(getComputedStyle(element).color).slice(0, 3)), luminance(groundOf(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst.ratio) worst = { ratio, text: element.textContent.slice(0, 40) };
  }
  return worst;
}

async function isReadableInBothThemes(page) {
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const figure = await page.$eval('figure.chart', element => element.id);
  const grounds = {};
  let drawn = '';
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    const { ratio, text } = await page.evaluate(leastContrast);
    assert.ok(ratio >= 4.5, `${colorScheme}: '${text}' has a contrast of ${ratio.toFixed(2)}`);
    grounds[colorScheme] = await ground();
    drawn = await imageOtherThan(page, figure, drawn, 'charts do not follow the theme');
  }
  assert.notEqual(grounds.dark, grounds.light, 'the dark theme is not dark');
  await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
  assert.equal(await ground(), grounds.light, 'paper is not white');
  assert.ok((await page.pdf({ format: 'A4', path: shots && join(shots, `${page.name}.pdf`) })).length > 10000, 'print is empty');
  await page.emulateMedia({ colorScheme: 'light', media: 'screen' });
}

async function namesStayText(page) {
  assert.equal(await page.evaluate(() => window.hacked), undefined, 'a name was run as a script');
  assert.equal(await page.$$eval('main script, main img:not([src^="data:image/png"]), main b[onclick]', list => list.length), 0, 'a name became an element');
  if (page.name.startsWith('hostile')) assert.ok((await page.textContent('main')).includes(kHostile[0]), 'a name is not shown as it is');
}

async function takeScreenshots(page) {
  for (const [look, colorScheme, viewport] of [['light', 'light', kDesk], ['dark', 'dark', kDesk], ['phone', 'light', kPhone]]) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(200);
    await page.screenshot({ path: join(shots, `${page.name}-${look}.png`), fullPage: true });
  }
}

// ---- the browser

const folder = mkdtempSync(join(tmpdir(), 'segpages-'));
const browser = await playwright.chromium.launch({
  executablePath, headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
let failures = 0;

async function check(name, path) {
  const page = await browser.newPage({ viewport: kDesk, colorScheme: 'light' });
  page.name = name;
  const url = pathToFileURL(path).href;
  const told = [], fetched = [];
  page.on('console', message => { if (['error', 'warning'].includes(message.type())) told.push(message.text()); });
  page.on('pageerror', error => told.push(error.message));
  page.on('request', request => { if (request.url() !== url && !request.url().startsWith('data:')) fetched.push(request.url()); });
  await page.goto(url);
  for (const wanted of [chartsAreDrawn, keyboardReachesTheLegend, fitsAPhone, isReadableInBothThemes, namesStayText]) {
    try {
      await wanted(page);
    } catch (error) {
      ++failures;
      console.log(`FAILED ${name}: ${wanted.name}: ${error.message}`);
    }
  }
  if (shots) await takeScreenshots(page);
  for (const line of told) console.log(`FAILED ${name}: console: ${line}`);
  for (const line of fetched) console.log(`FAILED ${name}: fetched ${line}`);
  failures += told.length + fetched.length;
  await page.close();
}

try {
  if (shots) mkdirSync(shots, { recursive: true });
  const pages = writePages(folder);
  for (const [name, path] of Object.entries(pages)) await check(name, path);
  console.log(failures === 0 ? `passed: ${Object.keys(pages).length} pages` : `${failures} failures`);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failures === 0 ? 0 : 1);
