/**
 * A module that fails in every way there is, one after another, through restarts: what it has begun stands in a file. Of a
 * kernel's file: `{ ledger: FILE, worker: true }`.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import * as threads from 'node:worker_threads';
import * as v from 'valibot';
import {
  EventHandlerRegistry,
  inject,
  Log,
  Module,
  type EventHandlerRegistry as Registry,
  Scope,
  SETTINGS,
} from '../../../core/index.js';
import type {} from '../../../modules/carp/index.js';

declare module 'carpet-kernel' {
  interface EventHandlers {
    hostile_event(...what: unknown[]): void;
  }
}

/** Between two failures, ms. */
const PAUSE_MS = { worker: 250, kernel: 600 };

interface Tools {
  readonly eventhandler: Registry;
  readonly scope: Scope;
  readonly log: Log;
}

type Kind = (tools: Tools) => unknown;

const endless = (): never => {
  for (;;);
};
const recurse = (n: number): number => recurse(n + 1) + 1;
const later = (fn: () => unknown): void => void setTimeout(fn, 1);
const handles = (): { close?(): void; unref?(): void }[] =>
  (process as unknown as { _getActiveHandles(): { close?(): void; unref?(): void }[] })._getActiveHandles();

/** Those after which a module on the kernel's own thread has left the kernel as it was. */
const RETURNING: Record<string, Kind> = {
  throws() {
    throw new Error('thrown');
  },
  'throws nothing': () => {
    throw undefined;
  },
  'throws what has no text': () => {
    throw { toString: () => recurse(0) };
  },
  rejects: () => Promise.reject(new Error('rejected')),
  'never settles': () => new Promise(() => undefined),
  recurses: () => recurse(0),
  'recurses through a list': ({ eventhandler, scope }) => {
    for (let i = 0; i < 2; i++)
      scope.register('hostile_event', (n) => eventhandler.invoke('hostile_event', n));
    eventhandler.invoke('hostile_event', 1);
    eventhandler.deregisterNowait('hostile_event', null);
  },
  'registers without end': ({ scope }) => {
    for (let i = 0; i < 2_000; i++) scope.register('hostile_event', () => undefined);
  },
  'takes every handler away': ({ eventhandler }) => eventhandler.deregisterNowait('hostile_event', null),
  'floods the log': ({ log }) => {
    for (let i = 0; i < 500; i++) log.debug(`line ${i}`);
  },
  'floods a list': ({ eventhandler }) => {
    for (let i = 0; i < 5_000; i++) eventhandler.invoke('hostile_event', i);
  },
  'invokes with what cannot be cloned': ({ eventhandler }) =>
    eventhandler.invoke('hostile_event', () => 1, Symbol('s'), new WeakMap(), Promise.resolve()),
  'invokes with members that throw': ({ eventhandler }) =>
    eventhandler.invoke('hostile_event', {
      get member() {
        return recurse(0);
      },
    }),
  'takes the name of a sysctl': ({ scope }) =>
    scope.sysctl.int('net.inet.carp.preempt', { description: 'taken', value: 0 }),
  'arms a thousand callouts': ({ scope }) => {
    for (let i = 0; i < 1_000; i++) scope.callout(`c${i}`, () => undefined).reset(i % 50);
  },
};

/** Copied once or twice it stays within the limit of the heap: beyond that Node may end the process, as docs/worker.md says. */
const GIANT = 20_000_000;

/** Those that only a thread of its own survives, or that end it. */
const WORKER_ONLY: Record<string, Kind> = {
  'throws from a timer': () =>
    later(() => {
      throw new Error('from a timer');
    }),
  'throws a giant from a timer': () =>
    later(() => {
      throw 'x'.repeat(GIANT);
    }),
  'throws where nothing listens': () => {
    process.removeAllListeners();
    later(() => {
      throw new Error('unheard');
    });
  },
  'rejects unheard': () => later(() => Promise.reject(new Error('unheard'))),
  exits: () => process.exit(7),
  'exits in silence': () => process.exit(0),
  'never returns': endless,
  'never ends its microtasks': () => {
    const again = (): void => void Promise.resolve().then(again);
    again();
  },
  'sleeps in Atomics': () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
  'matches without end': () => /^(a+)+$/.test(`${'a'.repeat(40)}b`),
  'exhausts the heap': () => {
    const all: unknown[] = [];
    for (;;) all.push({ a: new Array(100).fill(all.length) });
  },
  'exhausts the heap by texts': () => {
    const all: string[] = [];
    for (let i = 0; ; i++) all.push(`${i}`.padEnd(1_000, String(i)).split('').join('-'));
  },
  'invokes with a giant': ({ eventhandler }) => eventhandler.invoke('hostile_event', 'x'.repeat(GIANT)),
  'floods a list without end': ({ eventhandler }) => {
    for (;;) eventhandler.invoke('hostile_event', 'flood');
  },
  'prints a giant': () => console.log('y'.repeat(GIANT)),
  'forges messages': () => threads.parentPort?.postMessage({ type: 'answer', id: 1, value: 'forged' }),
  'floods the port of its parent': () => {
    const { parentPort } = threads;
    for (let i = 0; i < 100_000; i++) parentPort!.postMessage('z'.repeat(1_000));
  },
  'looks for its port': () => (threads.workerData as { port: threads.MessagePort }).port.close(),
  'transfers what it shares': ({ eventhandler }) => {
    const buffer = new ArrayBuffer(1_000);
    structuredClone(buffer, { transfer: [buffer] });
    eventhandler.invoke('hostile_event', buffer);
  },
  'closes every handle': () => handles().forEach((handle) => handle.close?.()),
  'unrefs every handle': () => handles().forEach((handle) => handle.unref?.()),
  'pollutes prototypes': () => {
    /* oxlint-disable no-extend-native */
    Object.defineProperty(Object.prototype, 'type', { get: () => 'answer', configurable: true });
    Array.prototype.push = () => recurse(0);
    Map.prototype.get = () => undefined;
    /* oxlint-enable no-extend-native */
  },
  'replaces the port': () => {
    threads.MessagePort.prototype.postMessage = () => undefined;
    globalThis.queueMicrotask = () => undefined;
  },
  'kills its own process': () => process.kill(process.pid, 'SIGKILL'),
  'leaves a thread that spins': () => {
    new threads.Worker('for (;;);', { eval: true });
    later(() => process.exit(1));
  },
};

export const KINDS = [...Object.keys(RETURNING), ...Object.keys(WORKER_ONLY)];
export const RETURNING_KINDS = Object.keys(RETURNING);

interface HostileSettings {
  readonly ledger: string;
  readonly worker: boolean;
}

@Module({ name: 'hostile', settings: v.object({ ledger: v.string(), worker: v.boolean() }) })
export class Hostile {
  constructor(
    @inject(EventHandlerRegistry) readonly eventhandler: Registry,
    @inject(Scope) readonly scope: Scope,
    @inject(Log) readonly log: Log,
    @inject(SETTINGS) private readonly settings: HostileSettings,
  ) {}

  /** Begins when the host is MASTER, and goes on at once after a restart. */
  start(): void {
    const { ledger, worker } = this.settings;
    const pause = worker ? PAUSE_MS.worker : PAUSE_MS.kernel;
    this.scope.register('hostile_event', () => undefined);
    const next = this.scope.callout('next', () => {
      const name = (worker ? KINDS : RETURNING_KINDS)[begun(ledger).length];
      if (name === undefined) return undefined;
      next.reset(pause);
      appendFileSync(ledger, `${name}\n`);
      return (RETURNING[name] ?? WORKER_ONLY[name])!(this) as Promise<void>;
    });
    if (begun(ledger).length > 0) next.reset(pause);
    else
      this.scope.register('carp_state_event', (_vhid, { to }) => void (to === 'MASTER' && next.reset(pause)));
  }
}

/** The kinds that have been begun. */
export function begun(ledger: string): string[] {
  return existsSync(ledger) ? readFileSync(ledger, 'utf8').split('\n').filter(Boolean) : [];
}
