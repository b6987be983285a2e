import type { Slices } from '../../../core/time/index.js';
import { sameBytes } from '../../ifnet/index.js';
import { CarpError } from '../errors.js';
import type { CarpSettings, CarpVhidChanges, CarpVhidOptions } from '../settings.js';
import type { CarpVhid } from '../vhid.js';
import { possessions } from './clashes.js';
import { differences } from './differences.js';
import type { CarpModuleConfig } from './module-settings.js';

type Wanted = CarpModuleConfig['vhids'][number];

/** The part of CarpModule that makes and removes vhids. */
export interface VhidMaker {
  create(options: CarpVhidOptions): CarpVhid;
  remove(vhid: CarpVhid): void;
  list(): readonly CarpVhid[];
}

/** One vhid of the settings as it runs. */
interface Running {
  readonly vhid: CarpVhid;
  readonly secrets: Secrets;
}

type Secrets = Pick<Wanted, 'password' | 'passwords'>;

/** One step from the present vhids to the wanted ones, and the way back. */
interface Step {
  /** What the vhid gives up, by name. */
  readonly lost: ReadonlySet<string>;
  /** What it takes, by name. */
  readonly gained: ReadonlySet<string>;
  run(): void;
  undo(): void;
}

/**
 * The vhids that the module's settings name; those that programs create are not touched.
 *
 * A change applies whole or not at all. A vhid keeps its state through it, and an unchanged vhid is not touched. An
 * address that moves from one vhid to another leaves the first before it is added to the second. Vhids that are no
 * longer named are removed last: a MASTER bows out then, which cannot be undone. One that a program has removed is made
 * again.
 */
export class ConfiguredVhids {
  readonly #maker: VhidMaker;
  #running = new Map<string, Running>();

  constructor(maker: VhidMaker) {
    this.#maker = maker;
  }

  /**
   * Brings the vhids in line, in slices: with hundreds of them it takes longer than the peers wait for a MASTER.
   * @throws CarpError or IfnetError, as creating or changing a vhid; the vhids are then as before
   */
  async apply(wanted: readonly Wanted[], slices: Slices): Promise<void> {
    this.#forgetRemoved();
    const before = new Map(this.#running);
    const done: Step[] = [];
    try {
      for (const step of await this.#steps(wanted, slices)) {
        if (slices.over) await slices.next();
        step.run();
        done.push(step);
      }
    } catch (error) {
      undo(done, error);
      this.#running = new Map([...before.keys()].map((key) => [key, this.#running.get(key)!]));
      throw error;
    }
  }

  /** Makes the first vhids, at once. @throws what creating one throws; the vhids are then removed again */
  begin(wanted: readonly Wanted[]): void {
    const done: Step[] = [];
    try {
      for (const step of wanted.map((each) => this.#create(each))) {
        step.run();
        done.push(step);
      }
    } catch (error) {
      undo(done, error);
      throw error;
    }
  }

  /** Names of the interfaces that vhids wait for. */
  get awaited(): ReadonlySet<string> {
    const waiting = [...this.#running.values()].filter(({ vhid }) => vhid.ifp === undefined);
    return new Set(waiting.map(({ vhid }) => vhid.ifname));
  }

  /** What `apply` would change, one line each. */
  async changes(wanted: readonly Wanted[], slices: Slices): Promise<string[]> {
    this.#forgetRemoved();
    const named = new Set(wanted.map(keyOf));
    const lines = [...this.#running.keys()].filter((key) => !named.has(key)).map((key) => `${key}: removed`);
    for (const each of wanted) {
      if (slices.over) await slices.next();
      lines.push(...this.#changesTo(each));
    }
    return lines;
  }

  #forgetRemoved(): void {
    const there = new Set(this.#maker.list());
    for (const [key, { vhid }] of this.#running) if (!there.has(vhid)) this.#running.delete(key);
  }

  #changesTo(wanted: Wanted): string[] {
    const key = keyOf(wanted);
    const running = this.#running.get(key);
    if (running === undefined) return [`${key}: new`];
    const { password: _own, passwords: _heard, ...settings } = wanted;
    const rekeyed = sameSecrets(wanted, running.secrets) ? [] : ['password changed'];
    return [...differences(running.vhid.settings, settings), ...rekeyed].map((what) => `${key}: ${what}`);
  }

  async #steps(wanted: readonly Wanted[], slices: Slices): Promise<Step[]> {
    const named = new Set(wanted.map(keyOf));
    const gone = [...this.#running].filter(([key]) => !named.has(key));
    const steps: Step[] = [];
    for (const each of wanted) {
      if (slices.over) await slices.next();
      if (!this.#running.has(keyOf(each))) steps.push(this.#create(each));
      else if (this.#changesTo(each).length > 0) steps.push(this.#change(each));
    }
    const removals = gone.map(([key, running]) => this.#remove(key, running));
    const gained = new Set([...steps].flatMap((step) => [...step.gained]));
    const gives = (step: Step): boolean => [...step.lost].some((thing) => gained.has(thing));
    return [...removals, ...steps]
      .map((step) => ({ step, rank: gives(step) ? 0 : removals.includes(step) ? 2 : 1 }))
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ step }) => step);
  }

  #create(wanted: Wanted): Step {
    const key = keyOf(wanted);
    return {
      lost: new Set(),
      gained: possessions(wanted),
      run: () => this.#start(key, wanted),
      undo: () => this.#stop(key),
    };
  }

  #remove(key: string, { vhid, secrets }: Running): Step {
    const options: Wanted = { ...vhid.settings, ...secrets };
    return {
      lost: possessions(options),
      gained: new Set(),
      run: () => this.#stop(key),
      undo: () => this.#start(key, options),
    };
  }

  #change(wanted: Wanted): Step {
    const key = keyOf(wanted);
    const { vhid, secrets } = this.#running.get(key)!;
    const before: Wanted = { ...vhid.settings, ...secrets };
    const [had, has] = [possessions(before), possessions(wanted)];
    const change = (to: Wanted): void => {
      vhid.configure(changesTo(vhid.settings, to));
      this.#running.set(key, { vhid, secrets: secretsOf(to) });
    };
    return {
      lost: new Set([...had].filter((thing) => !has.has(thing))),
      gained: new Set([...has].filter((thing) => !had.has(thing))),
      run: () => change(wanted),
      undo: () => change(before),
    };
  }

  #start(key: string, options: Wanted): void {
    this.#running.set(key, { vhid: this.#maker.create(options), secrets: secretsOf(options) });
  }

  #stop(key: string): void {
    this.#maker.remove(this.#running.get(key)!.vhid);
    this.#running.delete(key);
  }
}

/** @throws CarpError EUNDO if a step cannot be undone either, which leaves the vhids half changed */
function undo(done: readonly Step[], cause: unknown): void {
  const failures: string[] = [];
  for (const step of done.toReversed()) {
    try {
      step.undo();
    } catch (error) {
      failures.push(describe(error));
    }
  }
  if (failures.length === 0) return;
  const text = `${describe(cause)}; and the former vhids could not be restored: ${failures.join('; ')}`;
  throw new CarpError('EUNDO', text, { cause });
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Every setting, so that a setting that is no longer given returns to its default. */
function changesTo(now: CarpSettings, { ifname: _ifname, vhid: _vhid, ...wanted }: Wanted): CarpVhidChanges {
  const { ifname: _there, vhid: _number, ...settings } = now;
  const defaults = Object.fromEntries(Object.keys(settings).map((name) => [name, undefined]));
  return { ...defaults, ...wanted };
}

function secretsOf({ password, passwords }: Wanted): Secrets {
  return { password, passwords };
}

function sameSecrets(a: Secrets, b: Secrets): boolean {
  const [one, other] = [a, b].map(({ password, passwords }) => [password, ...passwords]) as [
    Uint8Array[],
    Uint8Array[],
  ];
  return one.length === other.length && one.every((key, i) => sameBytes(key, other[i]!));
}

function keyOf({ ifname, vhid }: Pick<Wanted, 'ifname' | 'vhid'>): string {
  return `${vhid}@${ifname}`;
}
