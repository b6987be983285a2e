/** Upgrades of `carpet up` with everything that their peers and clients see. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Capture } from './capture.js';
import type { Owner } from './laboratory.js';
import type { Namespace } from './namespace.js';
import { CARPET } from './pair.js';
import type { Program } from './program.js';
import { wallTime } from './wait.js';

/** What a MASTER's peers and clients were shown in a stretch of time. */
export interface Sight {
  /** The longest time between two of its advertisements, in one family, in ms. */
  readonly gap: number;
  readonly advertisements: number;
  /** Others that advertised. */
  readonly others: number;
  readonly requests: number;
  readonly lost: number;
  /** Whether each counter was greater than the one before. */
  readonly counters: boolean;
}

const FAULT_MODULE = fileURLToPath(new URL('fault-module.js', import.meta.url));
/** A request that is under way at the end of the stretch is not lost. */
const IN_FLIGHT_MS = 30;

/** @param shared the address that is asked, by UDP; the answer is its "port unreachable" */
export function seen(
  capture: Capture,
  from: number,
  to: number,
  master: string,
  shared: string,
  vhid = 1,
): Sight {
  const frames = capture.where(({ time }) => time >= from && time < to);
  const sent = frames.filter((frame) => frame.advertisement?.vhid === vhid);
  const own = sent.filter(({ ip }) => ip?.source === master);
  const times = own.map(({ time }) => time);
  const requests = frames.filter(
    ({ ip, time }) => ip?.protocol === 17 && ip.destination === shared && time < to - IN_FLIGHT_MS,
  ).length;
  const answers = frames.filter(({ ip }) => ip?.protocol === 1 && ip.source === shared).length;
  const counters = own.map(({ advertisement }) => advertisement!.counter);
  return {
    gap: Math.max(...times.slice(1).map((time, i) => time - times[i]!)),
    advertisements: own.length,
    others: sent.filter(({ ip }) => ip!.source.includes(':') === master.includes(':')).length - own.length,
    requests,
    lost: Math.max(0, requests - answers),
    counters: counters.slice(1).every((counter, i) => counter > counters[i]!),
  };
}

/** No client and no peer has noticed anything. */
export function assertUnnoticed(sight: Sight): void {
  const text = JSON.stringify(sight);
  assert.ok(sight.advertisements > 0 && sight.requests > 0, text);
  assert.equal(sight.lost, 0, text);
  assert.equal(sight.others, 0, text);
  assert.ok(sight.gap <= 1200, text);
  assert.ok(sight.counters, text);
}

/** A host whose `carpet up` is replaced again and again. */
export class UpgradedHost {
  readonly folder = mkdtempSync(join(tmpdir(), 'carpet-upgrade-'));
  readonly file = join(this.folder, 'carpet.yaml');
  readonly socket = join(this.folder, 'control.sock');
  /** What a successor that the kernel itself starts does wrong. */
  readonly fault = join(this.folder, 'fault');
  program!: Program;

  constructor(
    readonly namespace: Namespace,
    private readonly vhids: readonly string[],
    t: Owner,
    /** VRRP's routers. */
    private readonly routers: readonly string[] = [],
  ) {
    t.after(() => rmSync(this.folder, { recursive: true }));
    writeFileSync(join(this.folder, 'pass'), 'secret', { mode: 0o600 });
    writeFileSync(this.fault, '');
    this.write(this.file);
  }

  write(file: string, vhids: readonly string[] = this.vhids): void {
    const control = `control: {socket: ${this.socket}, readSocket: false}`;
    const lines = [control, `carp: {vhids: [${vhids.join(', ')}]}`, `${FAULT_MODULE}:`];
    if (this.routers.length > 0) lines.push(`vrrp: {routers: [${this.routers.join(', ')}]}`);
    const text = `log: {format: text}\nmodules:\n${lines.map((line) => `  ${line}\n`).join('')}`;
    writeFileSync(file, text, { mode: 0o600 });
  }

  async start(): Promise<void> {
    this.program = this.spawn({ FAULT_FILE: this.fault });
    await this.program.waitForLine(/settings 1 in force/, 15_000);
  }

  spawn(env: Record<string, string>, ...options: string[]): Program {
    return this.namespace.node(CARPET, ['up', '-f', this.file, ...options], { env });
  }

  /** Replaces the process by a new one, and returns when the old one has ended, with how long that took. */
  async replace(): Promise<number> {
    const began = wallTime();
    const next = this.spawn({}, '--replace');
    await next.waitForLine(/listening on/, 15_000);
    const took = wallTime() - began;
    const { code } = await this.program.exited;
    assert.equal(code, 0, this.program.text);
    assert.match(this.program.text, new RegExp(`process ${next.pid} has taken over; this one ends`));
    this.program = next;
    return took;
  }

  async carpet(...args: string[]): Promise<{ code: number | null; text: string }> {
    const program = this.namespace.node(CARPET, args, { env: { CARPET_SOCKET: this.socket } });
    const { code } = await program.exited;
    return { code, text: program.text };
  }

  /** Its vhids as `1@eth0 MASTER`. */
  async states(): Promise<string[]> {
    const { text } = await this.carpet('carp');
    return text
      .split('\n')
      .slice(1)
      .map((line) => line.split(/\s+/).slice(0, 2).join(' '));
  }
}
