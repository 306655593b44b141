// The status page: requests /status.json every two seconds and shows it. All external values are set as text.
'use strict';

const signs = {
  'caught up': 'M4 12.5l5 5L20 6.5',
  behind: 'M12 4v16M5 13l7 7 7-7',
  stuck: 'M12 4v10M12 19v.5',
  held: 'M12 4v10M12 19v.5',
  quarantined: 'M12 4v10M12 19v.5',
  ignored: 'M12 4v10M12 19v.5',
  unsent: 'M12 4v10M12 19v.5',
  unreachable: 'M5 5l14 14M19 5L5 19',
  'standing by': 'M8 5v14M16 5v14',
};
const svgNamespace = 'http://www.w3.org/2000/svg';
const byId = (id) => document.getElementById(id);
let last = null;
let lastAt = 0;

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function shape(name, attributes, text) {
  const made = document.createElementNS(svgNamespace, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

const number = (value) => Number(value).toLocaleString('en');

function bytes(value) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let unit = 0;
  while (value >= 999.5 && unit + 1 < units.length) { value /= 1000; unit += 1; }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

function seconds(value) {
  if (value === null || value === undefined) return '–';
  if (value < 10) return `${value.toFixed(1)} s`;
  const whole = Math.round(value);
  if (whole < 120) return `${whole} s`;
  if (whole < 7200) return `${Math.floor(whole / 60)} min`;
  if (whole < 172800) return `${Math.floor(whole / 3600)} h ${Math.floor(whole / 60) % 60} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor(whole / 3600) % 24} h`;
}

// Of one step or one delivery, which may take less than a millisecond.
function duration(value) {
  if (value >= 1) return seconds(value);
  const milliseconds = value * 1000;
  return `${milliseconds < 9.95 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}

// Short, for the labels of an axis.
function roughly(value) {
  for (const [size, unit] of [[86400, 'd'], [3600, 'h'], [60, 'min']]) {
    if (value >= size) return `${+(value / size).toFixed(1)} ${unit}`;
  }
  return `${+value.toFixed(1)} s`;
}

const ago = (time, now) => `${seconds(Math.max(0, (Date.parse(now) - Date.parse(time)) / 1000))} ago`;
const clock = (milliseconds) => new Date(milliseconds).toISOString().slice(11, 16);

// Rows are replaced only if they have changed, so that selection and focus are kept.
function fill(body, rows) {
  const text = JSON.stringify(rows.map((cells) => cells.map((cell) => cell.text + (cell.className || '') + (cell.key || ''))));
  if (body.dataset.shown === text) return;
  body.dataset.shown = text;
  body.replaceChildren(...rows.map((cells) => {
    const row = element('tr');
    for (const cell of cells) {
      const made = element(cell.head ? 'th' : 'td', cell.text, cell.className);
      if (cell.head) made.scope = 'row';
      if (cell.title) made.title = cell.title;
      if (cell.child) made.append(cell.child);
      row.append(made);
    }
    return row;
  }));
}

// While nothing is polled, the numbers are those of the last poll.
function showAsOf(status) {
  const stuck = status.state === 'stuck' && status.backlog_at;
  byId('as-of').textContent = stuck ? `Waiting files and holds are as of the last poll, ${ago(status.backlog_at, status.at)}.` : '';
}

function showState(word, why, hint, where) {
  byId('state').dataset.state = word;
  if (byId('word').textContent !== word) byId('word').textContent = word;
  byId('why').textContent = why;
  byId('hint').textContent = hint || '';
  byId('sign').firstElementChild.setAttribute('d', signs[word] || 'M12 6v6l4 3');
  document.title = `${word} – ${where || 'paper-engine-orders'}`;
}

function sumOf(entities) {
  return Object.values(entities).reduce((sum, entity) => ({
    files: sum.files + entity.quarantined.files, rows: sum.rows + entity.quarantined.rows,
  }), { files: 0, rows: 0 });
}

const counted = (count, what) => `${number(count)} ${what}${count === 1 ? '' : 's'}`;

function quarantined(one) {
  const parts = [];
  if (one.files) parts.push(counted(one.files, 'file'));
  if (one.rows) parts.push(counted(one.rows, 'row'));
  return parts.join(', ') || '0';
}

function showNumbers(status) {
  const pairs = [
    ['Files waiting', status.backlog ? number(status.backlog.files) : '–'],
    ['Bytes waiting', status.backlog ? bytes(status.backlog.bytes) : '–'],
    ['Oldest file waiting', seconds(status.backlog?.oldest_seconds)],
    ['Rows in the last hour', number(status.rows_last_hour)],
    ['Unsent messages', status.unsent_messages === null ? '–' : number(status.unsent_messages)],
    ['Quarantined', quarantined(sumOf(status.entities))],
    ['Prefixes without a table', number(status.ignored_folders.length)],
    ['Other files ignored', status.ignored.find((one) => one.reason === 'unknown_file')?.what || '0'],
  ];
  byId('numbers').replaceChildren(...pairs.map(([name, value]) => {
    const box = element('div');
    box.append(element('dt', name), element('dd', value));
    return box;
  }));
}

function waiting(backlog) {
  if (!backlog) return '–';
  return `${number(backlog.files)}${backlog.files ? `, ${bytes(backlog.bytes)}` : ''}`;
}

function showEntities(status) {
  const rows = Object.entries(status.entities).map(([name, entity]) => [
    { text: name, head: true },
    { text: entity.last_delivery ? String(entity.last_delivery.delivery_id) : '–' },
    { text: entity.last_delivery ? ago(entity.last_delivery.finished_at, status.at) : '–' },
    { text: entity.held ? 'held' : waiting(entity.backlog),
      className: entity.held ? 'n mark' : 'n' },
    { text: quarantined(entity.quarantined), className: entity.quarantined.files || entity.quarantined.rows ? 'n mark' : 'n' },
    { text: entity.last_delivery ? seconds(entity.last_delivery.lag_seconds) : '–', className: 'n' },
    { text: `${number(entity.rows_last_hour)} rows`, className: 'n' },
    { text: number(entity.deliveries), className: 'n' },
  ]);
  fill(byId('entities').tBodies[0], rows.length ? rows : [[{ text: 'None yet.' }]]);
}

function stepBar(delivery) {
  const steps = ['fetch', 'decompress', 'parse', 'apply'];
  const all = steps.reduce((sum, step) => sum + delivery.step_seconds[step], 0) || 1;
  const share = (step) => Math.round(100 * delivery.step_seconds[step] / all);
  const words = steps.map((step) => `${step} ${duration(delivery.step_seconds[step])} (${share(step)} %)`).join(', ');
  const bar = shape('svg', { class: 'steps', viewBox: '0 0 100 10', preserveAspectRatio: 'none', role: 'img', 'aria-label': words });
  bar.append(shape('title', {}, words));
  let x = 0;
  for (const step of steps) {
    const width = 100 * delivery.step_seconds[step] / all;
    bar.append(shape('rect', { class: step, x: x.toFixed(2), y: 0, width: width.toFixed(2), height: 10 }));
    x += width;
  }
  return bar;
}

// The prefix in its own element, which a phone hides: the time of a change is in the name after it.
function fileName(key) {
  const at = key.lastIndexOf('/') + 1;
  const name = document.createDocumentFragment();
  name.append(element('span', key.slice(0, at), 'prefix'), key.slice(at));
  return name;
}

// What needs an operator comes first: tables that are held, files that are not in their tables, and what is ignored.
function showLeftOut(status) {
  const held = Object.entries(status.entities).filter(([, entity]) => entity.held).map(([name, entity]) => [
    { text: name, head: true }, { text: 'held', className: 'mark' }, { text: [`${entity.held}.`, entity.held_hint].filter(Boolean).join(' '), className: 'wrap' },
  ]);
  const files = status.quarantined.map((file) => [
    { text: file.entity, head: true },
    { text: file.rejected_rows ? counted(file.rejected_rows, 'row') : 'quarantined', className: 'mark' },
    { text: `${file.key} (delivery ${file.delivery_id})`, className: 'wrap' },
  ]);
  // Other files (a README) need no action; they are counted below.
  const ignored = status.ignored.filter((one) => one.reason !== 'unknown_file').map((one) => [
    { text: '–', head: true }, { text: `${one.what} ignored`, className: 'mark' }, { text: one.why, className: 'wrap' },
  ]);
  const rows = [...held, ...files, ...ignored];
  byId('left-out').hidden = rows.length === 0;
  fill(byId('left-out-table').tBodies[0], rows);
}

function showDeliveries(status) {
  const rows = status.deliveries.map((delivery) => [
    { text: String(delivery.delivery_id), className: 'n', head: true },
    { text: '', key: delivery.key, className: 'file', title: delivery.key, child: fileName(delivery.key) },
    { text: clock(Date.parse(delivery.finished_at)) },
    { text: number(delivery.rows), className: 'n' },
    { text: number(delivery.effects.CREATE), className: 'n' },
    { text: number(delivery.effects.AMEND), className: 'n' },
    { text: number(delivery.effects.REMOVE), className: 'n' },
    delivery.status === 'loaded' ? { text: duration(delivery.seconds), className: 'n' } : { text: delivery.status, className: 'n mark' },
    { text: '', key: JSON.stringify(delivery.step_seconds), child: stepBar(delivery) },
  ]);
  fill(byId('deliveries').tBodies[0], rows.length ? rows : [[{ text: 'None yet.' }]]);
}

function showErrors(status) {
  const list = byId('errors');
  const shown = JSON.stringify(status.errors);
  if (list.dataset.shown === shown) return;
  list.dataset.shown = shown;
  const items = status.errors.map((error) => {
    const item = element('li');
    const time = element('time', error.at.replace('T', ' ').slice(0, 19));
    time.dateTime = error.at;
    item.append(time, element('b', error.level, error.level), document.createTextNode(error.text));
    return item;
  });
  list.replaceChildren(...(items.length ? items : [element('li', 'None since the loader started.')]));
}

// The ticks of an axis from 0 to at least `most`: 0, half, whole.
function roundUp(most) {
  if (!(most > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= most);
}

function chart(id, minutes, valueOf, textOf, bars, what) {
  const svg = byId(id);
  const width = Math.max(260, svg.clientWidth || 520);
  const height = Math.max(110, svg.clientHeight || 150);
  const box = { left: 52, right: width - 8, top: 8, bottom: height - 20 };
  const values = minutes.map(valueOf);
  const most = roundUp(Math.max(0, ...values.filter((value) => value !== null)));
  const x = (i) => box.left + (box.right - box.left) * i / Math.max(1, minutes.length - (bars ? 0 : 1));
  const y = (value) => box.bottom - (box.bottom - box.top) * value / most;
  const parts = [];
  for (const share of [0, 0.5, 1]) {
    const at = y(most * share);
    parts.push(shape('line', { class: 'grid', x1: box.left, x2: box.right, y1: at, y2: at }));
    parts.push(shape('text', { x: box.left - 6, y: at + 4, 'text-anchor': 'end' }, textOf(most * share)));
  }
  const marks = width < 400 ? 3 : 5;
  for (let i = 0; i < marks; i += 1) {
    const at = Math.round((minutes.length - 1) * i / (marks - 1));
    if (minutes[at]) {
      const anchor = i === 0 ? 'start' : i === marks - 1 ? 'end' : 'middle';
      parts.push(shape('text', { x: box.left + (box.right - box.left) * i / (marks - 1), y: height - 5, 'text-anchor': anchor }, clock(minutes[at].minute * 60000)));
    }
  }
  if (bars) {
    const wide = Math.max(1, (box.right - box.left) / Math.max(1, minutes.length) - 0.3);
    values.forEach((value, i) => {
      if (value) parts.push(shape('rect', { class: 'bar', x: x(i).toFixed(1), y: y(value).toFixed(1), width: wide.toFixed(2), height: Math.max(1, box.bottom - y(value)).toFixed(1) }));
    });
  } else {
    let path = '';
    let first = null;
    let lastX = null;
    const flush = () => {
      if (!path) return;
      parts.push(shape('path', { class: 'under', d: `${path}L${lastX} ${box.bottom}L${first} ${box.bottom}Z` }));
      parts.push(shape('path', { class: 'curve', d: path }));
      path = '';
      first = null;
    };
    values.forEach((value, i) => {
      if (value === null) { flush(); return; }
      lastX = x(i).toFixed(1);
      if (first === null) first = lastX;
      path += `${path ? 'L' : 'M'}${lastX} ${y(value).toFixed(1)}`;
      if (path.indexOf('L') < 0 && (i + 1 === values.length || values[i + 1] === null)) path += `l1.5 0`;
    });
    flush();
  }
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  const known = values.filter((value) => value !== null);
  svg.setAttribute('aria-label', known.length ? `${what}: at most ${textOf(Math.max(...known))} in the last ${Math.round(minutes.length / 60)} hours` : `${what}: no data yet`);
  svg.replaceChildren(...parts);
}

const short = (value) => (value >= 1e6 ? `${+(value / 1e6).toFixed(1)}M` : value >= 1e3 ? `${+(value / 1e3).toFixed(1)}k` : String(+value.toFixed(1)));

function showCharts(status) {
  chart('throughput', status.minutes, (minute) => minute.rows, short, true, 'Rows read per minute');
  chart('lag', status.minutes, (minute) => minute.lag_seconds, roughly, false, 'Lag');
}

const placesOf = (status) => `${status.source} → ${status.target}`;

function show(status) {
  showState(status.state, status.why, status.hint, placesOf(status));
  byId('process').textContent = `${status.version} on ${status.host} · from ${status.source} to ${status.target}`;
  showAsOf(status);
  showLeftOut(status);
  showNumbers(status);
  showEntities(status);
  showDeliveries(status);
  showErrors(status);
  showCharts(status);
}

function showAge() {
  if (lastAt) byId('updated').textContent = `updated ${seconds((Date.now() - lastAt) / 1000)} ago`;
}

async function ask() {
  try {
    const answer = await fetch('status.json', { cache: 'no-store', signal: AbortSignal.timeout(10000) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    last = await answer.json();
    lastAt = Date.now();
    show(last);
  } catch (error) {
    showState('unreachable', lastAt ? `The loader has not responded for ${seconds((Date.now() - lastAt) / 1000)}. The data below is outdated.` : 'The loader does not respond.', '', last && placesOf(last));
  }
  showAge();
  setTimeout(ask, document.hidden ? 15000 : 2000);
}

addEventListener('resize', () => { if (last) showCharts(last); });
ask();
