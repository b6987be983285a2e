import type { Callout } from '../../../core/time/index.js';
import { type Ifnet, IfnetError } from '../../ifnet/index.js';
import type { VipContext } from '../context.js';
import type { Trouble } from '../service/trouble.js';
import { entriesOf, presentEntries, type RoutingEntry } from './entry.js';
import type { RouteSetting, RuleSetting } from './settings.js';

/** What cannot be added is tried again after this time. */
const RETRY_MS = 5000;

/** The virtual host that has routes and rules. */
export interface RoutesOwner {
  readonly name: string;
  readonly settings: { readonly routes: readonly RouteSetting[]; readonly rules: readonly RuleSetting[] };
}

type RoutesNeeds = Pick<VipContext, 'clock' | 'interfaces' | 'log' | 'protocol' | 'routeHolders' | 'tenancy'>;

/**
 * The routes and rules of one virtual host: there while it is MASTER, behind its addresses, and gone before them. One that
 * the host has there anyway stays. Linux removes a route with its source address, and with the network of its router: so
 * they are added again whenever the addresses were.
 */
export class VipRoutes implements Disposable {
  readonly #owner: RoutesOwner;
  readonly #context: RoutesNeeds;
  readonly #report: (trouble: Trouble | undefined) => void;
  #placed: RoutingEntry[] = [];
  #serving = false;
  #ifp: Ifnet | undefined;
  /** Something could not be added. */
  #failing = false;
  #retry: Callout | undefined;

  /** @param report called with what cannot be added, and of a MASTER whenever everything is there */
  constructor(owner: RoutesOwner, context: RoutesNeeds, report: (trouble: Trouble | undefined) => void) {
    this.#owner = owner;
    this.#context = context;
    this.#report = report;
  }

  /** The virtual host comes to an interface, where an earlier run may have left something. */
  tidy(ifp: Ifnet): void {
    const { routeHolders } = this.#context;
    routeHolders.tidy(ifp, this.#owner.name, this.#wanted(ifp), this.#context);
  }

  /** @param ifp the interface that has the addresses @returns whether all that is wanted there is there */
  follow(serving: boolean, ifp: Ifnet | undefined): boolean {
    this.#serving = serving && ifp !== undefined;
    this.#ifp = ifp;
    this.#retry?.stop();
    this.#failing = false;
    const wanted = this.#serving ? this.#wanted(ifp!) : [];
    for (const entry of this.#placed.toReversed())
      if (!wanted.some(({ text }) => text === entry.text)) this.#remove(entry);
    for (const entry of wanted) this.#add(entry);
    if (this.#serving && !this.#failing) this.#report(undefined);
    return !this.#failing;
  }

  /** The addresses were added again: what went with them too. */
  restored(): void {
    if (this.#serving && this.#ifp?.attached === true) this.#addAgain(({ vanishes }) => vanishes);
  }

  /** Settings have changed: rules that another program has removed come back too. */
  review(): void {
    const routing = this.#ifp?.routing;
    if (!this.#serving || routing === undefined || this.#placed.every(({ vanishes }) => vanishes)) return;
    try {
      const there = new Set(presentEntries(routing).flatMap(({ names }) => names));
      this.#addAgain(({ text }) => !there.has(text));
    } catch (error) {
      if (!(error instanceof IfnetError)) throw error;
      this.#context.log.warning(`${this.#owner.name}: ${error.message}`);
    }
  }

  /** What is there, for a successor. */
  capture(): string[] {
    return this.#placed.map(({ text }) => text);
  }

  /** A predecessor has added these. What the settings lack now goes with the next change. */
  adopt(ifp: Ifnet, texts: readonly string[]): void {
    this.#ifp = ifp;
    this.#serving = texts.length > 0;
    for (const entry of this.#wanted(ifp)) if (texts.includes(entry.text)) this.#note(entry);
    const placed = this.#placed.map(({ text }) => text);
    const former = texts.filter((text) => !placed.includes(text));
    if (former.length === 0 || ifp.routing === undefined) return;
    for (const entry of presentEntries(ifp.routing))
      if (former.some((text) => entry.names.includes(text))) this.#note(entry);
  }

  /** Leaves them to a successor. */
  give(): void {
    this.#retry?.stop();
    for (const entry of this.#placed) this.#context.routeHolders.delete(entry);
    this.#placed = [];
  }

  [Symbol.dispose](): void {
    this.follow(false, undefined);
    this.#retry?.[Symbol.dispose]();
  }

  #wanted(ifp: Ifnet): RoutingEntry[] {
    const { settings } = this.#owner;
    return entriesOf(settings, ifp, this.#context.interfaces, (error) => this.#refused(error, 'add a route'));
  }

  #add(entry: RoutingEntry): void {
    if (this.#placed.some(({ text }) => text === entry.text)) return;
    if (this.#context.routeHolders.has(entry)) return this.#note(entry);
    try {
      entry.add();
    } catch (error) {
      if (error instanceof IfnetError && error.code === 'EEXIST') return this.#exists(entry);
      return this.#refused(error, `add ${entry.text}`);
    }
    this.#note(entry);
  }

  /** Of what it has placed, what may have gone. What cannot be added is no longer placed, and so is tried again. */
  #addAgain(isGone: (entry: RoutingEntry) => boolean): void {
    for (const entry of this.#placed.filter(isGone)) {
      try {
        entry.add();
      } catch (error) {
        if (error instanceof IfnetError && error.code === 'EEXIST') continue;
        this.#remove(entry);
        this.#refused(error, `add ${entry.text}`);
      }
    }
  }

  #note(entry: RoutingEntry): void {
    this.#placed.push(entry);
    this.#context.routeHolders.add(entry);
  }

  #remove(entry: RoutingEntry): void {
    this.#placed = this.#placed.filter((each) => each !== entry);
    if (!this.#context.routeHolders.delete(entry)) return;
    try {
      entry.remove();
    } catch (error) {
      if (!(error instanceof IfnetError)) throw error;
      this.#context.log.error(`${this.#owner.name}: ${error.message}`);
    }
  }

  #exists({ text }: RoutingEntry): void {
    const { name } = this.#owner;
    this.#context.log
      .limited(`${name} exists ${text}`)
      .notice(() => `${name}: ${text}: the host has it already, and keeps it`);
  }

  #refused(error: unknown, what: string): void {
    if (!(error instanceof IfnetError)) throw error;
    const { name } = this.#owner;
    this.#context.log.limited(`${name} ${what}`).error(() => `${name}: ${error.message}`);
    if (!this.#serving) return;
    this.#failing = true;
    this.#report({ reason: error.message, total: false });
    const { clock, protocol } = this.#context;
    this.#retry ??= clock.callout(
      `${protocol} ${name} routes`,
      () => void this.follow(this.#serving, this.#ifp),
    );
    this.#retry.reset(RETRY_MS);
  }
}
