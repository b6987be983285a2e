/**
 * devd: records per second from `notify` to ten clients, the time to find the rule of a record, the time from a
 * record to the start of its action, and the time to read a large file. CARPET_CORPUS=DIR adds the largest file of a
 * folder of devd.conf files.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Kernel, type LogSink } from '../../core/index.js';
import { DevctlModule } from '../../modules/devctl/index.js';
import { DevdModule, parseConfig, Ruleset, readRecord } from '../../modules/devd/index.js';
import { type Bench, type Measurement, median } from './bench.js';
import { floor } from './devd/floor.js';
import { Readers } from './devd/readers.js';
import { expressionRules, largeFile, RECORDS, rules } from './devd/rules.js';

const CLIENTS = 10;
/** Records on their way to the slowest client: fewer than its buffer takes. */
const AHEAD = 400;
const BATCH = 100;

export const rounds = 5;

export const bench: Bench = async ({ quick, log }) => {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-bench-'));
  try {
    const measurements: Measurement[] = [];
    for (const count of [10, 100, 1000]) {
      log(`records to ${CLIENTS} clients, ${count} rules`);
      const value = await throughput(folder, count, quick ? 500 : 4000);
      const id = `devd.records_per_s.${CLIENTS}_clients`;
      measurements.push({ id: count === 10 ? id : `${id}.${count}_rules`, value, unit: '1/s' });
    }
    log(`records to ${CLIENTS} clients, without devd`);
    measurements.push({
      id: `devd.records_per_s.${CLIENTS}_clients.without_devd`,
      value: await floor(join(folder, 'floor'), CLIENTS, BATCH, quick ? 500 : 4000),
      unit: '1/s',
    });
    log('rule matching');
    for (const count of [10, 100, 1000]) {
      measurements.push({
        id: `devd.match_us.${count}_rules`,
        value: matching(rules(count), quick ? 200 : 4000),
        unit: 'us',
      });
    }
    const worst = matching(expressionRules(1000), quick ? 10 : 100);
    measurements.push({ id: 'devd.match_us.1000_expressions', value: worst, unit: 'us' });
    log('start of actions');
    measurements.push(...(await actionStart(folder, quick ? 30 : 300)), ...parsing());
    return measurements;
  } finally {
    rmSync(folder, { recursive: true });
  }
};

async function runDevd(
  folder: string,
  config: string,
  log: LogSink = () => {},
): Promise<{ kernel: Kernel; devctl: DevctlModule; seqpacket: string }> {
  const [file, seqpacket] = [join(folder, 'devd.conf'), join(folder, 'seqpacket')];
  writeFileSync(file, config);
  const kernel = new Kernel({ log });
  const devctl = await kernel.load(DevctlModule);
  await kernel.load(DevdModule, { config: file, sockets: { seqpacket, stream: null } });
  return { kernel, devctl, seqpacket };
}

/** Records per second that every one of the clients has read; rules are looked for, none of them fires. */
async function throughput(folder: string, ruleCount: number, ms: number): Promise<number> {
  const complaints: string[] = [];
  const { kernel, devctl, seqpacket } = await runDevd(folder, rules(ruleCount), ({ level, message }) => {
    if (level !== 'info' && level !== 'debug') complaints.push(message);
  });
  const readers = await Readers.connect(seqpacket, CLIENTS);
  let sent = 0;
  const start = performance.now();
  while (performance.now() - start < ms && readers.dropped === 0) {
    if (sent - readers.least <= AHEAD) {
      for (let i = 0; i < BATCH; i++) devctl.notify('IFNET', `eth${sent++ % 97}`, 'LINK_UP');
    }
    await nextTurn();
  }
  const patience = performance.now() + 10_000;
  while (readers.least < sent) {
    if (readers.dropped > 0 || performance.now() > patience)
      throw new Error([readers.report(sent), ...complaints].join('; '));
    await nextTurn();
  }
  const seconds = (performance.now() - start) / 1000;
  await readers.stop();
  await kernel.shutdown();
  return sent / seconds;
}

/** Microseconds per record, reading it included. */
function matching(config: string, rounds: number): number {
  const ruleset = new Ruleset([parseConfig(config)]);
  const runs = Array.from({ length: 7 }, () => {
    const start = performance.now();
    for (let round = 0; round < rounds; round++) {
      for (const text of RECORDS) {
        const { kind, variables } = readRecord(text);
        ruleset.match(kind!, variables);
      }
    }
    return ((performance.now() - start) * 1000) / (rounds * RECORDS.length);
  });
  return median(runs);
}

/** Milliseconds from `notify` until the action's shell, which writes to a named pipe, is heard of. */
async function actionStart(folder: string, samples: number): Promise<Measurement[]> {
  const pipe = join(folder, 'pipe');
  spawnSync('mkfifo', [pipe]);
  const config = `notify 1 { match "system" "BENCH"; action "echo >${pipe}"; };\n${rules(100)}`;
  const { kernel, devctl } = await runDevd(folder, config);
  const heard = new Socket({ fd: openSync(pipe, 'r+'), readable: true, writable: false });
  const times: number[] = [];
  for (let i = 0; i < samples; i++) {
    const start = performance.now();
    const started = new Promise<number>((resolve) => heard.once('data', () => resolve(performance.now())));
    devctl.notify('BENCH', 'action', 'START');
    times.push((await started) - start);
    await new Promise((resolve) => setTimeout(resolve, 5)); // the action before has ended: only its start is timed
  }
  heard.destroy();
  await kernel.shutdown();
  times.sort((a, b) => a - b);
  return [
    { id: 'devd.action_start_ms.p50', value: median(times), unit: 'ms' },
    { id: 'devd.action_start_ms.p99', value: times[Math.floor(times.length * 0.99)]!, unit: 'ms' },
  ];
}

function parsing(): Measurement[] {
  const found = [{ id: 'devd.parse_ms.120_kB', value: parseTime(largeFile()), unit: 'ms' }];
  const folder = process.env['CARPET_CORPUS'];
  if (folder === undefined) return found;
  const files = readdirSync(folder).map((name) => join(folder, name));
  const largest = files.reduce((a, b) => (statSync(b).size > statSync(a).size ? b : a));
  found.push({
    id: 'devd.parse_ms.largest_of_corpus',
    value: parseTime(readFileSync(largest, 'utf8')),
    unit: 'ms',
  });
  return found;
}

/** Milliseconds from the text to rules that can be asked. */
function parseTime(text: string): number {
  const runs = Array.from({ length: 15 }, () => {
    const start = performance.now();
    new Ruleset([parseConfig(text)]).match('notify', new Map());
    return performance.now() - start;
  });
  return median(runs);
}
