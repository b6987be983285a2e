import type { Kernel } from '../../../core/index.js';
import { CarpModule, type CarpVhid } from '../../../modules/carp/index.js';

type Operation = (...args: unknown[]) => unknown;

/** Makes one of the next operations of a kernel fail: loads, unloads, settings, and CARP's vhids. */
export class Faults {
  readonly #kernel: Kernel;
  #left = 0;
  #fired = false;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    for (const name of ['load', 'unload', 'release', 'reconfigure'] as const) this.#guard(kernel, name);
    kernel.eventhandler.register('kld_load', ({ name }) => {
      if (name === 'carp') this.#guardVhids(kernel.get(CarpModule));
    });
  }

  /** The nth operation from now on fails; 0: none does. */
  arm(nth: number): void {
    this.#left = nth;
    this.#fired = false;
  }

  /** @returns whether an operation has failed since it was armed */
  disarm(): boolean {
    this.#left = 0;
    return this.#fired;
  }

  #guardVhids(carp: CarpModule): void {
    const create = carp.create.bind(carp);
    for (const vhid of carp.list()) this.#guard(vhid, 'configure');
    Object.assign(carp, {
      create: (options: Parameters<CarpModule['create']>[0]): CarpVhid => {
        this.#operation('create');
        const vhid = create(options);
        this.#guard(vhid, 'configure');
        return vhid;
      },
    });
  }

  #guard(subject: object, name: string): void {
    const real = ((subject as Record<string, unknown>)[name] as Operation).bind(subject);
    const isAsync = subject === this.#kernel;
    Object.assign(subject, {
      [name]: (...args: unknown[]) => {
        if (!isAsync) this.#operation(name);
        return isAsync ? this.#later(name, () => real(...args)) : real(...args);
      },
    });
  }

  async #later(name: string, real: () => unknown): Promise<unknown> {
    this.#operation(name);
    return real();
  }

  #operation(name: string): void {
    if (this.#left === 0 || --this.#left > 0) return;
    this.#fired = true;
    throw new Error(`injected into ${name}`);
  }
}
