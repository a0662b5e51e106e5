// A strict reader of Prometheus's text format 0.0.4: whatever a scraper could
// take in two ways is refused.

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`);
const TYPES = ['counter', 'gauge', 'histogram'];
const SUFFIXES = ['_bucket', '_sum', '_count'];

function unescape(text, quote) {
  return text.replace(/\\(.)/g, (whole, letter) => {
    if (letter === 'n') return '\n';
    if (letter === '\\' || (quote && letter === '"')) return letter;
    throw new Error(`no such escape: ${whole}`);
  });
}

function readLabels(text) {
  const labels = {};
  const one = new RegExp(`^(${LABEL})="((?:[^"\\\\]|\\\\.)*)"(,|$)`);
  let rest = text;
  while (rest !== '') {
    const match = one.exec(rest);
    if (!match) throw new Error(`not labels: ${text}`);
    if (match[1] in labels) throw new Error(`the label ${match[1]} stands twice: ${text}`);
    labels[match[1]] = unescape(match[2], true);
    rest = rest.slice(match[0].length);
    if (match[3] === ',' && rest === '') throw new Error(`a comma at the end: ${text}`);
  }
  return labels;
}

function readNumber(text) {
  if (text === '+Inf') return Infinity;
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw new Error(`not a number: ${text}`);
  return Number(text);
}

// Of a histogram: buckets that rise, the last +Inf and the same as _count.
function checkHistogram(metric) {
  const buckets = metric.samples.filter((sample) => sample.name === `${metric.name}_bucket`);
  const counts = metric.samples.filter((sample) => sample.name === `${metric.name}_count`);
  const sums = metric.samples.filter((sample) => sample.name === `${metric.name}_sum`);
  if (counts.length !== 1 || sums.length !== 1 || buckets.length < 2) throw new Error(`${metric.name} is not whole`);
  const bounds = buckets.map((bucket) => readNumber(bucket.labels.le));
  for (let i = 1; i < buckets.length; i++) {
    if (!(bounds[i] > bounds[i - 1])) throw new Error(`${metric.name}: bounds do not rise`);
    if (buckets[i].value < buckets[i - 1].value) throw new Error(`${metric.name}: buckets are not cumulative`);
  }
  if (bounds.at(-1) !== Infinity || buckets.at(-1).value !== counts[0].value) throw new Error(`${metric.name}: +Inf is not the count`);
}

// Map: name -> { name, help, type, samples: [{ name, labels, value }] }.
export function readMetrics(text) {
  const metrics = new Map();
  const seen = new Set();
  let present = null;
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  for (const line of text.slice(0, -1).split('\n')) {
    const help = new RegExp(`^# HELP (${NAME}) (.+)$`).exec(line);
    const type = new RegExp(`^# TYPE (${NAME}) (\\S+)$`).exec(line);
    if (help) {
      if (metrics.has(help[1])) throw new Error(`${help[1]} stands in two places`);
      present = { name: help[1], help: unescape(help[2], false), type: null, samples: [] };
      metrics.set(help[1], present);
    } else if (type) {
      if (present?.name !== type[1] || present.type !== null || !TYPES.includes(type[2])) throw new Error(`out of place: ${line}`);
      present.type = type[2];
    } else {
      const match = SAMPLE.exec(line);
      if (!match) throw new Error(`not a sample: ${line}`);
      const names = present?.type === 'histogram' ? SUFFIXES.map((suffix) => present.name + suffix) : [present?.name];
      if (present?.type == null || !names.includes(match[1])) throw new Error(`without HELP and TYPE before it: ${line}`);
      const sample = { name: match[1], labels: readLabels(match[2] ?? ''), value: readNumber(match[3]) };
      const series = JSON.stringify([sample.name, sample.labels]);
      if (seen.has(series)) throw new Error(`stands twice: ${line}`);
      seen.add(series);
      present.samples.push(sample);
    }
  }
  for (const metric of metrics.values()) {
    if (metric.samples.length === 0) throw new Error(`${metric.name} has no sample`);
    if (metric.type === 'histogram') checkHistogram(metric);
    if (metric.type !== 'gauge' && metric.samples.some((sample) => sample.value < 0)) throw new Error(`${metric.name} is below zero`);
    if ((metric.type === 'counter') !== metric.name.endsWith('_total')) throw new Error(`${metric.name} is a ${metric.type}`);
  }
  return metrics;
}

// The value of one sample, by its name and labels.
export function valueOf(metrics, name, labels = {}) {
  for (const metric of metrics.values()) {
    for (const sample of metric.samples) {
      if (sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value)) return sample.value;
    }
  }
  throw new Error(`there is no ${name} ${JSON.stringify(labels)}`);
}
