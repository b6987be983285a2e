/**
 * The libraries, each behind the same small face. The functions that emit are shared by all instances of a peer, as
 * they would be in a program, so their call sites have seen every handler there is.
 */
import { EventEmitter } from 'node:events';
import { EventEmitter as EventEmitter3 } from 'eventemitter3';
import { createHooks, HookableCore } from 'hookable';
import mittModule, { type Emitter } from 'mitt';
import { createNanoEvents, type Emitter as NanoEmitter } from 'nanoevents';
import { SyncHook } from 'tapable';
import {
  EVENTHANDLER_PRI_ANY,
  EventHandlerList,
  EventHandlerRegistry,
} from '../../../core/eventhandler/index.js';

declare module 'carpet-kernel' {
  interface EventHandlers {
    bench_event(a?: number, b?: number, c?: number): void;
    bench_event_2(a?: number, b?: number, c?: number): void;
    bench_event_3(a?: number, b?: number, c?: number): void;
    bench_event_4(a?: number, b?: number, c?: number): void;
  }
}

export type BenchHandler = (a: number, b: number, c: number) => void;

export interface Peer<T> {
  create: () => T;
  add: (instance: T, handler: BenchHandler) => void;
  emit0: (instance: T) => void;
  emit1: (instance: T, a: number) => void;
  emit3: (instance: T, a: number, b: number, c: number) => void;
  /** Registers and deregisters. A peer that cannot deregister leaves it out. */
  pair?: (instance: T, handler: BenchHandler) => void;
}

/** The floor: an array of functions and a loop. */
const raw: Peer<BenchHandler[]> = {
  create: () => [],
  add: (fns, handler) => void fns.push(handler),
  emit0: (fns) => {
    for (let i = 0; i < fns.length; i++) (fns[i] as () => void)();
  },
  emit1: (fns, a) => {
    for (let i = 0; i < fns.length; i++) (fns[i] as (a: number) => void)(a);
  },
  emit3: (fns, a, b, c) => {
    for (let i = 0; i < fns.length; i++) (fns[i] as BenchHandler)(a, b, c);
  },
};

const direct: Peer<EventHandlerList<[a?: number, b?: number, c?: number]>> = {
  create: () => new EventHandlerRegistry().defineList('bench_event'),
  add: (list, handler) => void list.register(handler as () => void),
  emit0: (list) => list.invoke(),
  emit1: (list, a) => list.invoke(a),
  emit3: (list, a, b, c) => list.invoke(a, b, c),
  pair: (list, handler) => list.deregisterNowait(list.register(handler as () => void)),
};

const named: Peer<EventHandlerRegistry> = {
  create: () => new EventHandlerRegistry(),
  add: (registry, handler) => void registry.register('bench_event', handler as () => void),
  emit0: (registry) => registry.invoke('bench_event'),
  emit1: (registry, a) => registry.invoke('bench_event', a),
  emit3: (registry, a, b, c) => registry.invoke('bench_event', a, b, c),
  pair: (registry, handler) =>
    registry.deregisterNowait('bench_event', registry.register('bench_event', handler as () => void)),
};

const TURNS = ['bench_event', 'bench_event_2', 'bench_event_3', 'bench_event_4'] as const;

interface Turns {
  readonly registry: EventHandlerRegistry;
  turn: number;
}

/** As `named`, with four names in turn. */
const namedTurns: Peer<Turns> = {
  create: () => ({ registry: new EventHandlerRegistry(), turn: 0 }),
  add: ({ registry }, handler) => {
    for (const name of TURNS) registry.register(name, handler as () => void);
  },
  emit0: (turns) => turns.registry.invoke(TURNS[turns.turn++ & 3] ?? 'bench_event'),
  emit1: (turns, a) => turns.registry.invoke(TURNS[turns.turn++ & 3] ?? 'bench_event', a),
  emit3: (turns, a, b, c) => turns.registry.invoke(TURNS[turns.turn++ & 3] ?? 'bench_event', a, b, c),
};

/** As `direct`, with the C form's argument before the event's. */
const softc: Peer<EventHandlerList<[a?: number, b?: number, c?: number]>> = {
  ...direct,
  add: (list, handler) => void list.register(handler as never, 1, EVENTHANDLER_PRI_ANY),
  pair: (list, handler) => list.deregisterNowait(list.register(handler as never, 1, EVENTHANDLER_PRI_ANY)),
};

const node: Peer<EventEmitter> = {
  create: () => new EventEmitter().setMaxListeners(0),
  add: (emitter, handler) => void emitter.on('bench_event', handler),
  emit0: (emitter) => void emitter.emit('bench_event'),
  emit1: (emitter, a) => void emitter.emit('bench_event', a),
  emit3: (emitter, a, b, c) => void emitter.emit('bench_event', a, b, c),
  pair: (emitter, handler) => void emitter.on('bench_event', handler).off('bench_event', handler),
};

const ee3: Peer<EventEmitter3> = {
  create: () => new EventEmitter3(),
  add: (emitter, handler) => void emitter.on('bench_event', handler),
  emit0: (emitter) => void emitter.emit('bench_event'),
  emit1: (emitter, a) => void emitter.emit('bench_event', a),
  emit3: (emitter, a, b, c) => void emitter.emit('bench_event', a, b, c),
  pair: (emitter, handler) => void emitter.on('bench_event', handler).off('bench_event', handler),
};

// Its types say CommonJS, its import is an ES module.
const mitt = mittModule as unknown as typeof mittModule.default;

/** mitt takes one payload: three arguments are an object made for each emit, as its user would have to. */
const mittPeer: Peer<Emitter<{ bench_event: unknown }>> = {
  create: () => mitt(),
  add: (emitter, handler) => emitter.on('bench_event', handler as () => void),
  emit0: (emitter) => emitter.emit('bench_event', undefined),
  emit1: (emitter, a) => emitter.emit('bench_event', a),
  emit3: (emitter, a, b, c) => emitter.emit('bench_event', { a, b, c }),
  pair: (emitter, handler) => {
    emitter.on('bench_event', handler as () => void);
    emitter.off('bench_event', handler as () => void);
  },
};

interface Hooks {
  h0: SyncHook<[]>;
  h1: SyncHook<[number]>;
  h3: SyncHook<[number, number, number]>;
}

/** tapable fixes the number of arguments when a hook is made, and cannot deregister. */
const tapable: Peer<Hooks> = {
  create: () => ({
    h0: new SyncHook([]),
    h1: new SyncHook(['a']),
    h3: new SyncHook(['a', 'b', 'c']),
  }),
  add: ({ h0, h1, h3 }, handler) => {
    h0.tap('bench', handler as () => void);
    h1.tap('bench', handler as () => void);
    h3.tap('bench', handler);
  },
  emit0: ({ h0 }) => h0.call(),
  emit1: ({ h1 }, a) => h1.call(a),
  emit3: ({ h3 }, a, b, c) => h3.call(a, b, c),
};

const hookableCore: Peer<HookableCore> = {
  create: () => new HookableCore(),
  add: (hooks, handler) => void hooks.hook('bench_event', handler),
  emit0: (hooks) => void hooks.callHook('bench_event'),
  emit1: (hooks, a) => void hooks.callHook('bench_event', a),
  emit3: (hooks, a, b, c) => void hooks.callHook('bench_event', a, b, c),
  pair: (hooks, handler) => hooks.hook('bench_event', handler)(),
};

/** What most people use of hookable: the class with spies and debugging. */
const hookable = { ...hookableCore, create: () => createHooks() as unknown as HookableCore };

const nanoevents: Peer<NanoEmitter> = {
  create: () => createNanoEvents(),
  add: (emitter, handler) => void emitter.on('bench_event', handler),
  emit0: (emitter) => emitter.emit('bench_event'),
  emit1: (emitter, a) => emitter.emit('bench_event', a),
  emit3: (emitter, a, b, c) => emitter.emit('bench_event', a, b, c),
  pair: (emitter, handler) => emitter.on('bench_event', handler)(),
};

export const PEERS: Readonly<Record<string, Peer<unknown>>> = {
  raw,
  direct,
  named,
  'named-turns': namedTurns,
  softc,
  eventemitter3: ee3,
  node,
  mitt: mittPeer,
  tapable,
  hookable,
  'hookable-core': hookableCore,
  nanoevents,
} as unknown as Record<string, Peer<unknown>>;
