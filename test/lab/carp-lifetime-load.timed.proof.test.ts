/**
 * The lifetime of addresses never takes one from a healthy MASTER: beside processors and disks that are busy with something
 * else it keeps them. And it always takes them from one that is stopped, within its bound, at whatever moment that happens.
 *
 * CARPET_LOAD_MINUTES and CARPET_STOPS are how long and how often: 2 and 10, unless set.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { CarpVhidOptions } from '../../modules/carp/index.js';
import { needs } from '../support/needs.js';
import { CarpetCarp } from './support/carpet-carp.js';
import { elapse, isAdvertisement, Laboratory, type Namespace, waitFor, wallTime } from './support/index.js';

const skip = needs('root', 'netns', 'native', 'program:ip', 'program:tcpdump', 'program:nice');
const MINUTES = Number(process.env['CARPET_LOAD_MINUTES'] ?? 2);
const STOPS = Number(process.env['CARPET_STOPS'] ?? 10);
/** With `advbase` 1 no peer takes over sooner after an advertisement. */
const BOUND_MS = 3000;
/** What is written and brought to the disk at a time, in MiB. */
const WRITTEN_MIB = 64;

/** Both families on the interface, and a virtual MAC. */
const VHIDS: readonly CarpVhidOptions[] = [
  { ifname: 'eth0', vhid: 1, password: 'secret', addresses: ['10.88.0.100/24', 'fd88::100/64'] },
  { ifname: 'eth0', vhid: 2, password: 'secret', addresses: ['10.88.0.101/24'], virtualMac: 'service' },
];
const SHARED = VHIDS.flatMap(({ addresses }) => addresses);

function host(lab: Laboratory, role: string, n: number): Namespace {
  return lab.host(role, { addresses: [`10.88.0.${n}/24`, `fd88::${n}/64`] });
}

function carpet(on: Namespace, advskew = 0): CarpetCarp {
  const vhids = VHIDS.map((vhid) => ({ ...vhid, advskew }));
  return new CarpetCarp(on, vhids, { 'net.inet.carp.preempt': true });
}

/** Of the shared addresses, when each was removed, as the host's kernel reports it. */
class Removals {
  readonly #monitor;

  constructor(on: Namespace) {
    this.#monitor = on.spawn(['ip', '-ts', 'monitor', 'address']);
  }

  /** Those since `from`, by address. */
  since(from: number): Map<string, number> {
    const found = new Map<string, number>();
    for (const { text } of this.#monitor.lines) {
      const [, stamp = '', address = ''] = /^\[(\S+)\] Deleted .* inet6? (\S+)/.exec(text) ?? [];
      if (stamp === '' || !SHARED.some((each) => each === address)) continue;
      const at = Date.parse(stamp.slice(0, 23));
      if (at >= from && !found.has(address)) found.set(address, at);
    }
    return found;
  }
}

/** One program for each processor that computes, and one that writes, on a host of their own. */
function load(lab: Laboratory, t: TestContext): void {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-load-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const elsewhere = lab.namespace('load');
  const gently = (script: string): void => void elsewhere.spawn(['nice', '-n', '15', 'sh', '-c', script]);
  for (let i = 0; i < availableParallelism(); i++) gently('while :; do :; done');
  gently(
    `while :; do dd if=/dev/zero of=${join(folder, 'file')} bs=1M count=${WRITTEN_MIB} conv=fsync status=none; done`,
  );
}

/** The share of time in which the machine's processors had nothing to do since the former call. */
function idleness(): () => number {
  const read = (): { idle: number; all: number } => {
    const fields = readFileSync('/proc/stat', 'utf8')
      .split('\n')[0]!
      .trim()
      .split(/\s+/)
      .slice(1)
      .map(Number);
    return { idle: fields[3]!, all: fields.slice(0, 8).reduce((sum, each) => sum + each, 0) };
  };
  const before = read();
  return () => {
    const now = read();
    return (now.idle - before.idle) / (now.all - before.all);
  };
}

/** The longest time between two advertisements of each vhid, in ms. */
function longestGap(
  frames: readonly { time: number; advertisement?: { vhid: number } | undefined }[],
): number {
  const last = new Map<number, number>();
  let longest = 0;
  for (const { time, advertisement } of frames) {
    if (advertisement === undefined) continue;
    longest = Math.max(longest, time - (last.get(advertisement.vhid) ?? time));
    last.set(advertisement.vhid, time);
  }
  return longest;
}

function expired({ program }: CarpetCarp): number {
  return program.matching(/expired on/).length;
}

describe('the lifetime of the addresses of a MASTER', { skip, concurrency: 2 }, () => {
  it(`never ends beside a load of ${MINUTES} min`, async (t) => {
    const lab = Laboratory.open(t);
    const [a, b] = [host(lab, 'a', 1), host(lab, 'b', 2)];
    const first = carpet(a);
    await waitFor('two masters', 15_000, () => first.lines.filter(({ to }) => to === 'MASTER').length === 2);
    const second = carpet(b, 100);
    await waitFor('two backups', 15_000, () => second.lines.filter(({ to }) => to === 'BACKUP').length === 2);
    const removals = new Removals(a);
    const capture = await lab.capture('src 10.88.0.1 and proto 112');
    await elapse(1000);
    load(lab, t);
    const idle = idleness();
    const from = wallTime();
    await elapse(MINUTES * 60_000);
    t.diagnostic(
      `${(100 * idle()).toFixed(1)} % idle, longest gap between advertisements ${longestGap(capture.where((frame) => isAdvertisement(frame))).toFixed(0)} ms`,
    );
    assert.deepEqual([...removals.since(from)], [], first.program.text);
    assert.equal(expired(first), 0, first.program.text);
    assert.equal(second.lines.filter(({ to }) => to === 'MASTER').length, 0, second.program.text);
    assert.ok(idle() < 0.05, 'the machine was not busy');
  });

  it(`ends within its bound ${STOPS} times of ${STOPS} that it is stopped`, async (t) => {
    const lab = Laboratory.open(t);
    const a = host(lab, 'a', 1);
    const only = carpet(a);
    await waitFor('two masters', 15_000, () => only.lines.filter(({ to }) => to === 'MASTER').length === 2);
    const removals = new Removals(a);
    const capture = await lab.capture('src 10.88.0.1 and proto 112');
    const after: number[] = [];
    for (let round = 0; round < STOPS; round++) {
      const known = capture.frames.length;
      await waitFor('an advertisement of each', 8000, () => capture.frames.length > known + 1);
      await elapse((1000 * round) / STOPS);
      only.program.kill('SIGSTOP');
      const stopped = wallTime();
      await elapse(20);
      const last = capture.frames.at(-1)!.time;
      await waitFor(
        `all addresses to go in round ${round}`,
        6000,
        () => removals.since(last).size === SHARED.length,
      );
      const gone = [...removals.since(last).values()];
      after.push(Math.max(...gone) - last);
      assert.ok(Math.min(...gone) > stopped, 'gone before it was stopped');
      only.program.kill('SIGCONT');
      await waitFor('the addresses to be back', 15_000, () =>
        SHARED.every((address) => a.ip('-oneline', 'address', 'show').includes(` ${address} `)),
      );
      await elapse(1500);
    }
    const sorted = after.toSorted((x, y) => x - y);
    t.diagnostic(`gone after the last advertisement: ${sorted.map((ms) => ms.toFixed(0)).join(' ')} ms`);
    assert.ok(sorted.at(-1)! < BOUND_MS, `gone after ${sorted.at(-1)} ms`);
  });
});
