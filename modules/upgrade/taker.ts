import * as v from 'valibot';
import { CarpetError, describe, type Kernel, type ModuleStates } from '../../core/index.js';
import { ControlClient, packageVersion } from '../control/index.js';
import { Link } from './link.js';
import { offer, PROTOCOL, type UpgradeMessage, type UpgradeOffer } from './protocol.js';

/** Asks the kernel at a control socket to hand over. @throws CarpetError ENOKERNEL, EHANDOVER; ControlError */
export async function askForOffer(socket: string): Promise<UpgradeOffer> {
  const client = new ControlClient(socket);
  const { verbs, version } = await client.index();
  const verb = verbs.find(({ name }) => name === 'upgrade.offer');
  if (verb === undefined)
    throw new CarpetError('EHANDOVER', `the running carpet ${version} cannot hand over: restart it instead`);
  const result = v.safeParse(offer, await client.call(verb, {}, 'json'));
  if (!result.success || result.output.protocol !== PROTOCOL)
    throw new CarpetError(
      'EHANDOVER',
      `the running carpet ${version} hands over in another way than this one (${packageVersion()}): restart it instead`,
    );
  return result.output;
}

/** The successor's side of an upgrade. */
export class Takeover {
  /** What the predecessor's modules have handed over to start with: for `KernelOptions.predecessor`. */
  states: ModuleStates = {};
  readonly pid: number;
  readonly #link: Link;
  #expect: UpgradeMessage['type'] = 'state';
  #came: (message: UpgradeMessage) => void = () => undefined;
  #failed: (error: unknown) => void = () => undefined;
  /** Called when the predecessor has gone. */
  #gone: (() => void) | undefined;

  private constructor({ pid, socket }: UpgradeOffer) {
    this.pid = pid;
    this.#link = Link.connect(socket, (message) => this.#receive(message));
  }

  /** Connects to the predecessor, and gets its state. @throws CarpetError EHANDOVER */
  static async begin(terms: UpgradeOffer): Promise<Takeover> {
    const takeover = new Takeover(terms);
    const { pid } = process;
    takeover.#link.send({ type: 'hello', protocol: PROTOCOL, version: packageVersion(), pid });
    const message = await takeover.#expecting('state');
    if (message.type === 'state') takeover.states = message.states;
    return takeover;
  }

  /**
   * All is loaded and stands by: takes over, and returns when the predecessor acts no more.
   *
   * The last state is taken, the predecessor is told, and the kernel begins, all in one turn. If that fails, this kernel
   * has left everything as it is, and the predecessor goes on.
   *
   * @throws CarpetError EHANDOVER, and what a module throws that cannot take over
   */
  async finish(kernel: Kernel): Promise<void> {
    const done = this.#expecting('final', ({ type, ...rest }) => {
      if (type === 'final' && 'states' in rest) this.#take(kernel, rest.states);
    });
    this.#send({ type: 'ready', modules: kernel.modules().map(({ name }) => name) });
    await done;
    this.#gone = () => kernel.succession.alone();
    await this.#expecting('given').catch(() => undefined);
  }

  /** This process does not start, and says why; the predecessor goes on. */
  abandon(error: unknown): void {
    this.#send({ type: 'refused', reason: describe(error) });
    this.#link[Symbol.dispose]();
  }

  #take({ succession }: Kernel, states: ModuleStates): void {
    try {
      succession.take(states);
      this.#link.send({ type: 'running' });
    } catch (error) {
      succession.give();
      throw error;
    }
    succession.begin();
  }

  #expecting(
    type: UpgradeMessage['type'],
    act: (message: UpgradeMessage) => void = () => undefined,
  ): Promise<UpgradeMessage> {
    this.#expect = type;
    return new Promise((resolve, reject) => {
      this.#failed = reject;
      this.#came = (message) => {
        try {
          act(message);
          resolve(message);
        } catch (error) {
          this.#send({ type: 'refused', reason: describe(error) });
          reject(error);
        }
      };
    });
  }

  #receive(message: UpgradeMessage | undefined): void {
    if (message?.type === this.#expect) return this.#came(message);
    const reason = message?.type === 'refused' ? message.reason : 'it has ended the upgrade';
    this.#failed(
      new CarpetError('EHANDOVER', `process ${this.pid} goes on, and this one does not start: ${reason}`),
    );
    if (message === undefined) {
      this.#link[Symbol.dispose]();
      this.#gone?.();
    }
  }

  #send(message: UpgradeMessage): void {
    try {
      this.#link.send(message);
    } catch (error) {
      this.#failed(error);
    }
  }
}
