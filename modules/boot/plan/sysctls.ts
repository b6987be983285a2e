import { type Kernel, SysctlError, type SysctlNode } from '../../../core/index.js';
import type { SysctlSetting, SysctlValue } from '../configuration.js';
import { suggestion } from '../nearest.js';
import type { Problem } from '../problem.js';
import type { Change, Step } from './change.js';

/** What a sysctl is to be; the place is for messages only. */
export type SysctlWish = Pick<SysctlSetting, 'name' | 'value'>;
type Settings = readonly SysctlSetting[];

/**
 * The sysctls of the file, in the kernel.
 *
 * A name that a file does not have any more gets its default again. Writing to a sum (net.inet.carp.demotion) adds to
 * it, and others add to it as well: there the file has a share, which is what we remember.
 *
 * The nodes of a module come and go with it, so values are set again whenever a module has been loaded.
 */
export class SysctlPlanner {
  readonly #kernel: Kernel;
  readonly #shares = new WeakMap<SysctlNode, number>();
  /** Shares of a predecessor's file, which are in the sums that its modules have handed over. */
  #inherited: Readonly<Record<string, number>> = {};

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** The file's shares in sums, by name. */
  captureShares(): Record<string, number> {
    const nodes = this.#kernel.sysctl.list().filter((node) => this.#shares.has(node));
    return Object.fromEntries(nodes.map((node) => [node.name, this.#shares.get(node)!]));
  }

  inheritShares(shares: Readonly<Record<string, number>>): void {
    this.#inherited = shares;
  }

  /** What is wrong with values, as far as their nodes are there. */
  problems(wanted: Settings): Problem[] {
    return wanted.flatMap(({ name, value, place }) => {
      const message = this.#refusal(name, value);
      return message === undefined ? [] : [{ place, path: `sysctl.${name}`, message }];
    });
  }

  /** Names of which no node is there. */
  missing(wanted: Settings): Problem[] {
    return wanted.flatMap(({ name, place }) => {
      const message = this.#absence(name);
      return message === undefined ? [] : [{ place, path: `sysctl.${name}`, message }];
    });
  }

  /** What is wrong with one value, the absence of its node included; undefined if nothing is. */
  refusal({ name, value }: SysctlWish): string | undefined {
    return this.#absence(name) ?? this.#refusal(name, value);
  }

  /** One step for each node that is there and has another value. */
  steps(wanted: readonly SysctlWish[], before: readonly SysctlWish[]): { step: Step; change: Change }[] {
    const named = new Set(wanted.map(({ name }) => name));
    const left = before
      .filter(({ name }) => !named.has(name))
      .map(({ name }) => ({ name, value: undefined }));
    return [...left, ...wanted].flatMap(({ name, value }) => {
      const node = this.#kernel.sysctl.get(name);
      return node === undefined || !this.#differs(node, value) ? [] : [this.#step(node, value)];
    });
  }

  /** What has been set otherwise than settings and defaults have it. What was added to a sum stays in it anyway. */
  byHand(settings: readonly SysctlWish[]): SysctlWish[] {
    const written = new Map(settings.map(({ name, value }) => [name, value]));
    const own = this.#kernel.sysctl.list().filter(({ readonly, cumulative }) => !readonly && !cumulative);
    return own
      .filter((node) => this.#differs(node, written.get(node.name)))
      .map(({ name, value }) => ({ name, value: value as SysctlValue }));
  }

  /** Those of these values that are not in force any more. */
  lost(values: readonly SysctlWish[]): SysctlWish[] {
    return values.filter(({ name, value }) => !Object.is(this.#kernel.sysctl.get(name)?.value, value));
  }

  /** Sets what has another value, for a module that has just been loaded. @throws SysctlError */
  settle(wanted: readonly SysctlWish[]): void {
    const named = new Set(wanted.map(({ name }) => name));
    const left = Object.keys(this.#inherited).filter((name) => !named.has(name));
    for (const { name, value } of [...wanted, ...left.map((name) => ({ name, value: undefined }))]) {
      const node = this.#kernel.sysctl.get(name);
      if (node !== undefined && this.#differs(node, value)) this.#set(node, value);
    }
  }

  #absence(name: string): string | undefined {
    if (this.#kernel.sysctl.get(name) !== undefined) return undefined;
    const names = this.#kernel.sysctl.list().map((node) => node.name);
    return `no module of this kernel has such a sysctl${suggestion(name, names)}`;
  }

  #refusal(name: string, value: SysctlValue): string | undefined {
    try {
      this.#kernel.sysctl.get(name)?.convert(value);
      return undefined;
    } catch (error) {
      if (!(error instanceof SysctlError)) throw error;
      return error.message.replace(`sysctl ${name}`, '').replace(/^: |^ /, '');
    }
  }

  #step(node: SysctlNode, value: SysctlValue | undefined): { step: Step; change: Change } {
    const share = this.#share(node);
    const { name, value: old } = node;
    const [from, to] = node.cumulative
      ? [share ?? 0, value ?? 0]
      : [old, value === undefined ? node.default : node.convert(value)];
    return {
      change: { action: 'set', subject: name, details: [`${String(from)} -> ${String(to)}`] },
      step: {
        name: `set ${name}`,
        run: () => this.#set(node, value),
        undo: () => {
          if (node.cumulative) this.#set(node, share);
          else node.value = old;
        },
      },
    };
  }

  #differs(node: SysctlNode, value: SysctlValue | undefined): boolean {
    if (node.readonly) return value !== undefined;
    if (node.cumulative) return (this.#share(node) ?? 0) !== Number(value ?? 0);
    return !Object.is(node.value, value === undefined ? node.default : node.convert(value));
  }

  #share(node: SysctlNode): number | undefined {
    return this.#shares.get(node) ?? this.#inherited[node.name];
  }

  /** Undefined: the default; of a sum, no share. What a listener throws undoes it. */
  #set(node: SysctlNode, value: SysctlValue | undefined): void {
    const { value: old } = node;
    try {
      if (node.cumulative) node.write(Number(value ?? 0) - (this.#share(node) ?? 0));
      else if (value === undefined) node.value = node.default;
      else node.write(value);
    } catch (error) {
      node.value = old;
      throw error;
    }
    if (node.cumulative) this.#shares.set(node, Number(value ?? 0));
  }
}

/** Settings, but for what was set by hand. */
export function overlaid(settings: readonly SysctlWish[], byHand: readonly SysctlWish[]): SysctlWish[] {
  return [...new Map([...settings, ...byHand].map((each) => [each.name, each])).values()];
}
