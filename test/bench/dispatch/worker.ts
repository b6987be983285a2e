/** One process, one peer: `node --expose-gc worker.js PEER MS` prints a Report as JSON. */
import { measure } from 'mitata';
import { type BenchHandler, PEERS, type Peer } from './peers.js';
import { EMITS, label, RESIDENTS } from './scenario.js';

/** Emits per sample. */
const EMITS_PER_SAMPLE = 5000;
const PAIRS_PER_SAMPLE = 1000;
/** Enough other instances and handlers that no call site in a peer can be specialised for the one measured. */
const POLLUTERS = 180;
const POLLUTION_EMITS = 400;

const sink = { total: 0 };

/** Handlers with source, and hence feedback, of their own. Each takes as many arguments as the event has. */
function makeHandler(index: number, args: 0 | 1 | 3): BenchHandler {
  const sum = { 0: '1', 1: 'a', 3: 'a + b + c' }[args];
  const params = { 0: '', 1: 'a', 3: 'a, b, c' }[args];
  // oxlint-disable-next-line typescript/no-implied-eval
  const make = new Function('sink', `return function handler${index}(${params}) { sink.total += ${sum}; };`);
  return make(sink) as BenchHandler;
}

/** mitt's three arguments come as one object. */
function payloadHandler(index: number): BenchHandler {
  // oxlint-disable-next-line typescript/no-implied-eval
  const make = new Function('sink', `return function handler${index}(e) { sink.total += e.a + e.b + e.c; };`);
  return make(sink) as BenchHandler;
}

let handlers = 0;
function nextHandler(peerName: string, args: 0 | 1 | 3): BenchHandler {
  const index = handlers++;
  if (peerName === 'mitt' && args === 3) return payloadHandler(index);
  return makeHandler(index, args);
}

function makeInstance<T>(peer: Peer<T>, peerName: string, count: number, args: 0 | 1 | 3): T {
  const instance = peer.create();
  for (let i = 0; i < count; i++) peer.add(instance, nextHandler(peerName, args));
  return instance;
}

function emitter<T>(peer: Peer<T>, instance: T, args: 0 | 1 | 3): () => void {
  const { emit0, emit1, emit3 } = peer;
  if (args === 0) {
    return () => {
      for (let i = 0; i < EMITS_PER_SAMPLE; i++) emit0(instance);
    };
  }
  if (args === 1) {
    return () => {
      for (let i = 0; i < EMITS_PER_SAMPLE; i++) emit1(instance, i);
    };
  }
  return () => {
    for (let i = 0; i < EMITS_PER_SAMPLE; i++) emit3(instance, i, 2, 3);
  };
}

function pollute<T>(peer: Peer<T>, peerName: string): void {
  for (let i = 0; i < POLLUTERS; i++) {
    const args = ([0, 1, 3] as const)[i % 3] ?? 0;
    const instance = makeInstance(peer, peerName, 1 + (i % 10), args);
    for (let n = 0; n < POLLUTION_EMITS; n++) {
      if (args === 0) peer.emit0(instance);
      else if (args === 1) peer.emit1(instance, n);
      else peer.emit3(instance, n, 2, 3);
    }
  }
}

/** Bytes allocated by each emit: what the heap grew by in one sample, too short for a collection; the least of five. */
function bytesPerEmit(run: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 10; attempt++) {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    run();
    const grown = process.memoryUsage().heapUsed - before;
    if (grown >= 0) least = Math.min(least, grown / EMITS_PER_SAMPLE);
  }
  return least;
}

async function report<T>(peer: Peer<T>, peerName: string, milliseconds: number) {
  // K emits are one sample, so mitata must not batch samples itself.
  const options = { min_cpu_time: milliseconds * 1e6, batch_threshold: 0 };
  pollute(peer, peerName);
  const emit: Record<string, number> = {};
  const bytes: Record<string, number> = {};
  const pair: Record<string, number> = {};
  for (const scenario of EMITS) {
    const instance = makeInstance(peer, peerName, scenario.handlers, scenario.args);
    const run = emitter(peer, instance, scenario.args);
    for (let i = 0; i < 20; i++) run();
    const stats = await measure(run, { ...options });
    emit[label(scenario)] = stats.p50 / EMITS_PER_SAMPLE;
    bytes[label(scenario)] = bytesPerEmit(run);
  }
  const register = peer.pair;
  if (register !== undefined) {
    for (const residents of RESIDENTS) {
      const instance = makeInstance(peer, peerName, residents, 1);
      const handler = nextHandler(peerName, 1);
      const run = (): void => {
        for (let i = 0; i < PAIRS_PER_SAMPLE; i++) register(instance, handler);
      };
      for (let i = 0; i < 200; i++) run();
      const stats = await measure(run, { ...options });
      pair[residents] = stats.p50 / PAIRS_PER_SAMPLE;
    }
  }
  return { emit, bytes, pair };
}

const [peerName = '', milliseconds = '100'] = process.argv.slice(2);
const peer = PEERS[peerName];
if (peer === undefined) throw new Error(`no such peer: ${peerName}`);
console.log(JSON.stringify(await report(peer, peerName, Number(milliseconds))));
