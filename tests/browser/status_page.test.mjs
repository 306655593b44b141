// The status page in a real Chromium, over a real loader with a sample bucket and its own PostgreSQL.
// PROGRAM: the loader. SCREENSHOTS: a directory for pictures of the page.
import assert from 'node:assert/strict';
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync, renameSync } from 'node:fs';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const patience = 90_000;
const directory = mkdtempSync(join(tmpdir(), 'peo-browser-'));
const bucket = join(directory, 'bucket');
let loader;
let settings;
let log = '';
let browser;
let page;
let address;
const complaints = [];

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

// Objects appear whole, as in a bucket.
function put(key, text) {
  const path = join(bucket, key);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(join(directory, 'part'), gzipSync(text));
  renameSync(join(directory, 'part'), path);
}

const word = () => page.locator('#word');
const says = (text) => page.waitForFunction((wanted) => document.getElementById('word').textContent === wanted, text, { timeout: patience });

async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, locale: 'en-GB', ...options });
  page = await context.newPage();
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(address);
}

async function axe() {
  // Through the debugger's world, which the page's Content-Security-Policy doesn't bind.
  await page.evaluate(axeSource);
  const result = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
  return result.violations.map((one) => `${one.id}: ${one.help} (${one.nodes.map((node) => node.target).join('; ')})`);
}

// The pictures show names as users have them, not the test's directories.
async function nameAsDeployed() {
  const { target } = await (await fetch(`${address}status.json`)).json();
  const names = [[`directory ${bucket}`, 's3://trading-replica/dms'], [bucket, 's3://trading-replica/dms'], [target, 'db.example.com/paper_engine']];
  await page.evaluate((pairs) => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      for (const [shown, name] of pairs) texts.currentNode.data = texts.currentNode.data.replaceAll(shown, name);
    }
  }, names);
}

async function screenshot(name, height) {
  if (!process.env.SCREENSHOTS) return;
  mkdirSync(process.env.SCREENSHOTS, { recursive: true });
  await nameAsDeployed();
  const part = height ? { clip: { x: 0, y: 0, width: page.viewportSize().width, height } } : { fullPage: true };
  await page.screenshot({ path: join(process.env.SCREENSHOTS, name), ...part });
}

before(async () => {
  const rows = process.env.SCREENSHOTS ? [] : ['--strategies', '10', '--orders', '500', '--executions', '2000', '--days', '3'];
  execFileSync(process.env.PROGRAM, ['sample', bucket, ...rows]);
  settings = { PATH: process.env.PATH, HOME: process.env.HOME, SOURCE: `bucket_path=${bucket}`, DATA_DIR: join(directory, 'data') };
  execFileSync(process.env.PROGRAM, [], { cwd: directory, env: { ...settings, RUN_AS_SERVICE: 'False', METRICS_ADDRESS: '' }, stdio: 'ignore' });
  // As if it had loaded for five hours: the history of the page comes from the ledger.
  execFileSync(process.env.PROGRAM, ['psql', '-qc', `UPDATE loader_deliveries SET
    finished_at = now() - make_interval(secs => (150 - delivery_id) * 120), started_at = now() - make_interval(secs => (150 - delivery_id) * 120 + apply_seconds),
    last_modified = now() - make_interval(secs => (150 - delivery_id) * 120 + 12 + 30 * abs(sin(delivery_id / 9.0)) + (delivery_id % 7))`],
  { cwd: directory, env: settings, stdio: ['ignore', 'ignore', 'inherit'] });
  const port = await freePort();
  address = `http://127.0.0.1:${port}/`;
  loader = spawn(process.env.PROGRAM, [], {
    cwd: directory,
    env: {
      ...settings, METRICS_ADDRESS: `127.0.0.1:${port}`, MIN_SLEEP: '300ms', MAX_SLEEP: '300ms', LATE_FILES: 'hold', BAD_ROWS: 'quarantine_delivery',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  loader.stderr.on('data', (data) => { log += data; });
  const until = Date.now() + patience;
  while (!log.includes('Listening for HTTP')) {
    if (Date.now() > until || loader.exitCode !== null) throw new Error(`the loader doesn't start:\n${log}`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  browser = await chromium.launch({ executablePath: execFileSync('which', ['chromium']).toString().trim(), args: ['--no-sandbox'] });
  await open();
});

after(async () => {
  await browser?.close();
  if (loader && loader.exitCode === null) {
    const ended = new Promise((resolve) => { loader.on('exit', resolve); });
    loader.kill('SIGTERM');
    await ended;
  }
  rmSync(directory, { recursive: true, force: true });
});

test('is caught up in the end, with the numbers of the ledger', async () => {
  await says('caught up');
  await page.waitForFunction(() => document.querySelectorAll('#entities tbody th').length === 3, null, { timeout: patience });
  await page.waitForFunction(() => document.querySelectorAll('#deliveries tbody tr').length === 25, null, { timeout: patience });
  const status = await (await fetch(`${address}status.json`)).json();
  assert.equal(await page.title(), `caught up – ${status.source} → ${status.target}`);
  assert.equal(await page.locator('#left-out').isVisible(), false);
  // In units that fit: no step of a small file is "0.000".
  const times = await page.locator('#deliveries tbody td:nth-child(8)').allTextContents();
  assert.ok(times.every((text) => /^[1-9][\d.]* (ms|s)$|^0\.[1-9] ms$/.test(text)), times.join());
  const expected = JSON.parse(readFileSync(join(bucket, 'expected.json'), 'utf8'));
  assert.deepEqual(Object.keys(status.entities).sort(), ['executions', 'orders', 'strategies']);
  assert.ok(expected);
  const read = Object.values(status.entities).reduce((sum, entity) => sum + entity.rows_read, 0);
  assert.equal(status.minutes.reduce((sum, minute) => sum + minute.rows, 0), read);
  assert.ok(status.minutes.filter((minute) => minute.rows > 0).length > 100);
  assert.equal(await page.locator('#throughput rect').count() > 0, true);
  assert.equal(await page.locator('#lag path').count() > 0, true);
  await screenshot('status-light.png');
  await screenshot('status-top.png', 560);
});

test('is readable for everybody, in light and dark, wide and narrow', async () => {
  const wide = page;
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1200, 360]) {
      await open({ colorScheme, viewport: { width, height: 800 }, deviceScaleFactor: width === 360 ? 2 : 1 });
      await says('caught up');
      assert.deepEqual(await axe(), [], `${colorScheme}, ${width} pixels`);
      const [inner, all] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
      assert.ok(all <= inner, `the page is wider (${all}) than the screen (${inner})`);
      // The time of a change is at the end of its file's name.
      assert.equal(await page.locator('#deliveries td.file .prefix').first().isVisible(), width !== 360);
      if (width === 360) await screenshot(`status-phone-${colorScheme}.png`);
      else if (colorScheme === 'dark') await screenshot('status-dark.png');
      await page.context().close();
    }
  }
  page = wide;
});

test('the keyboard reaches everything and gets out again', async () => {
  await page.evaluate(() => document.activeElement.blur());
  const reached = [];
  for (let i = 0; i < 12; i += 1) {
    await page.keyboard.press('Tab');
    const now = await page.evaluate(() => document.activeElement.getAttribute('href') || document.activeElement.getAttribute('aria-labelledby'));
    if (now === null || reached.includes(now)) break;
    reached.push(now);
  }
  assert.deepEqual(reached, ['entities-title', 'deliveries-title', 'metrics', 'healthz', 'readyz', 'status.json']);
});

test('a hostile key stays text', async () => {
  const hostile = 'dbo/orders/<img src=x onerror=window.hacked=1><b>"&\'/LOAD000000AA.csv.gz';
  put(hostile, '');
  await says('held');
  assert.ok((await page.locator('#why').textContent()).includes(hostile));
  assert.ok((await page.locator('#errors').textContent()).includes(hostile));
  assert.deepEqual(await axe(), []);
  execFileSync(process.env.PROGRAM, ['skip', hostile, '--reason', '<script>window.hacked=2</script>'], { cwd: directory, env: settings, stdio: 'ignore' });
  await page.waitForFunction((key) => [...document.querySelectorAll('td.file')].some((cell) => cell.textContent === key), hostile, { timeout: patience });
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator('main img, main script').count(), 0);
  await says('caught up');
});

test('a prefix without a table is named, with what to do; without it all is well again', async () => {
  put('dbo/customers/LOAD00000001.csv.gz', '1,a\n');
  await says('ignored');
  assert.match(await page.locator('#why').textContent(), /1 prefix matches no table: dbo\/customers\//);
  assert.match(await page.locator('#hint').textContent(), /infer DIR/);
  assert.match(await page.locator('#left-out').textContent(), /1 prefix ignored.*No table of the target matches dbo\/customers\//);
  assert.deepEqual(await axe(), []);
  rmSync(join(bucket, 'dbo/customers'), { recursive: true });
  await says('caught up');
  assert.equal(await page.locator('#hint').textContent(), '');
});

test('a file that comes late makes its table held, and says why; without it all is well again', async () => {
  // A moment before the newest one, so that every look at the bucket sees it.
  const status = await (await fetch(`${address}status.json`)).json();
  const newest = status.deliveries.find((one) => one.entity === 'orders' && one.kind === 'change').key;
  const late = newest.replace(/\d\d\d\.csv\.gz$/, '').replace(/\d{6}$/, (clock) => String(Number(clock) - 1).padStart(6, '0')) + '000.csv.gz';
  put(late, '');
  await says('held');
  assert.match(await page.locator('#why').textContent(), new RegExp(`orders.*${late}`));
  assert.match(await page.locator('#errors').textContent(), new RegExp(late));
  assert.match(await page.locator('#entities').textContent(), /held/);
  assert.match(await page.locator('#left-out').textContent(), new RegExp(`orders.*held.*${late}`));
  assert.deepEqual(await axe(), []);
  await screenshot('status-stuck.png');
  rmSync(join(bucket, late));
  await says('caught up');
});

test('a quarantined file stays in view until it is skipped', async () => {
  const key = 'dbo/orders/20991231-235959000.csv.gz';
  put(key, 'I,secret-value\n');
  await says('quarantined');
  assert.match(await page.locator('#why').textContent(), /1 file of orders is quarantined/);
  assert.match(await page.locator('#entities').textContent(), /1 file/);
  assert.match(await page.locator('#errors').textContent(), new RegExp(key));
  await page.waitForFunction((wanted) => document.getElementById('left-out-table').textContent.includes(wanted), key, { timeout: patience });
  assert.doesNotMatch(await page.content(), /secret-value/);
  assert.deepEqual(await axe(), []);
  execFileSync(process.env.PROGRAM, ['skip', key, '--reason', 'known'], { cwd: directory, env: settings, stdio: 'ignore' });
  await says('caught up');
});

test('nothing comes from elsewhere, and nothing is complained of', async () => {
  const answer = await fetch(address);
  const policy = answer.headers.get('content-security-policy');
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe/);
  const outside = await page.evaluate(() => performance.getEntriesByType('resource').map((one) => one.name).filter((name) => !name.startsWith(location.origin)));
  assert.deepEqual(outside, []);
  assert.equal((await fetch(address, { method: 'POST' })).status, 405);
  assert.deepEqual(complaints, []);
});

test('says when the loader is gone', async () => {
  const ended = new Promise((resolve) => { loader.on('exit', resolve); });
  loader.kill('SIGTERM');
  assert.equal(await ended, 0);
  await says('unreachable');
  assert.match(await page.locator('#why').textContent(), /has not responded/);
  assert.equal(await word().textContent(), 'unreachable');
});
