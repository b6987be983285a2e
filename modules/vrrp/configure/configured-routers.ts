import { sameBytes } from '../../ifnet/index.js';
import { settingText } from '../../vip/index.js';
import { VrrpError } from '../errors.js';
import type { VrrpRouter } from '../router.js';
import type {
  VrrpRouterChanges,
  VrrpRouterConfig,
  VrrpRouterOptions,
  VrrpSettings,
} from '../settings/router.js';
import { keyOf } from './module-settings.js';

/** The part of VrrpModule that makes and removes virtual routers. */
export interface RouterMaker {
  create(options: VrrpRouterOptions): VrrpRouter;
  remove(router: VrrpRouter): void;
  list(): readonly VrrpRouter[];
}

interface Running {
  readonly router: VrrpRouter;
  readonly config: VrrpRouterConfig;
}

/**
 * The virtual routers that the module's settings name; those that programs create are not touched. A change applies whole
 * or not at all; a virtual router keeps its state through it, and an unchanged one is not touched. Those that are no longer
 * named are removed last: a MASTER sends priority 0 then, which cannot be undone. One that a program has removed is made again.
 */
export class ConfiguredRouters {
  readonly #maker: RouterMaker;
  readonly #running = new Map<string, Running>();

  constructor(maker: RouterMaker) {
    this.#maker = maker;
  }

  /** Brings them in line. @throws what creating or changing one throws; they are then as before */
  apply(wanted: readonly VrrpRouterConfig[]): void {
    this.#forgetRemoved();
    const undo: (() => void)[] = [];
    try {
      for (const config of wanted) undo.push(this.#set(config));
    } catch (error) {
      restore(undo, error);
      throw error;
    }
    const named = new Set(wanted.map(keyOf));
    for (const [key, { router }] of this.#running) {
      if (named.has(key)) continue;
      this.#running.delete(key);
      this.#maker.remove(router);
    }
  }

  /** Names of the interfaces that virtual routers wait for. */
  get awaited(): ReadonlySet<string> {
    const waiting = [...this.#running.values()].filter(({ router }) => router.ifp === undefined);
    return new Set(waiting.map(({ router }) => router.ifname));
  }

  /** What `apply` would change, one line each. */
  changes(wanted: readonly VrrpRouterConfig[]): string[] {
    this.#forgetRemoved();
    const named = new Set(wanted.map(keyOf));
    const removed = [...this.#running.keys()]
      .filter((key) => !named.has(key))
      .map((key) => `${key}: removed`);
    return [...removed, ...wanted.flatMap((config) => this.#changesTo(config))];
  }

  #forgetRemoved(): void {
    const there = new Set(this.#maker.list());
    for (const [key, { router }] of this.#running) if (!there.has(router)) this.#running.delete(key);
  }

  /** @returns what undoes it */
  #set(config: VrrpRouterConfig): () => void {
    const key = keyOf(config);
    const running = this.#running.get(key);
    if (running === undefined) {
      const router = this.#maker.create(config);
      this.#running.set(key, { router, config });
      return () => {
        this.#running.delete(key);
        this.#maker.remove(router);
      };
    }
    if (this.#changesTo(config).length === 0) return () => undefined;
    const change = (to: VrrpRouterConfig): void => {
      running.router.configure(changesTo(running.router.settings, to));
      this.#running.set(key, { router: running.router, config: to });
    };
    change(config);
    return () => change(running.config);
  }

  #changesTo(config: VrrpRouterConfig): string[] {
    const key = keyOf(config);
    const running = this.#running.get(key);
    if (running === undefined) return [`${key}: new`];
    const before = running.router.settings;
    const names = Object.keys({ ...before, ...config }) as (keyof VrrpRouterConfig)[];
    const lines = names
      .filter((name): name is keyof VrrpSettings => name !== 'password' && name !== 'hmac')
      .map((name) => [name, settingText(before[name]), settingText(config[name])] as const)
      .filter(([, former, text]) => former !== text)
      .map(([name, former, text]) => `${key}: ${name} ${former} -> ${text}`);
    return sameSecrets(running.config, config) ? lines : [...lines, `${key}: authentication changed`];
  }
}

/** Every setting and secret, so that one that is not given returns to its default, whoever has set it. */
function changesTo(
  now: VrrpSettings,
  { ifname: _ifname, vrid: _vrid, ...wanted }: VrrpRouterConfig,
): VrrpRouterChanges {
  const { ifname: _there, vrid: _number, ...settings } = now;
  const defaults = Object.fromEntries(Object.keys(settings).map((name) => [name, undefined]));
  return { ...defaults, password: undefined, hmac: undefined, ...wanted };
}

function sameSecrets(a: VrrpRouterConfig, b: VrrpRouterConfig): boolean {
  const none = new Uint8Array();
  return (
    sameBytes(a.password ?? none, b.password ?? none) &&
    sameBytes(a.hmac?.key ?? none, b.hmac?.key ?? none) &&
    a.hmac?.id === b.hmac?.id
  );
}

/** @throws VrrpError EUNDO if a step cannot be undone either */
function restore(steps: readonly (() => void)[], cause: unknown): void {
  const failures: string[] = [];
  for (const step of steps.toReversed()) {
    try {
      step();
    } catch (error) {
      failures.push(String(error));
    }
  }
  if (failures.length === 0) return;
  const text = `${String(cause)}; and the former virtual routers could not be restored: ${failures.join('; ')}`;
  throw new VrrpError('EUNDO', text, { cause });
}
