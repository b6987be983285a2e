import * as v from 'valibot';
import {
  type Callout,
  CarpetError,
  type Clock,
  describe,
  type Kernel,
  type ModuleStates,
  SHUTDOWN_PRI_FIRST,
} from '../../core/index.js';
import { ControlClient, packageVersion } from '../control/index.js';
import { Link, Pause } from './link.js';
import { offer, PROTOCOL, type UpgradeMessage, type UpgradeOffer } from './protocol.js';

/** A predecessor that takes longer for an answer hangs or is stopped: its part takes some milliseconds. */
const ANSWER_MS = 10_000;

/**
 * Asks the kernel at a control socket to hand over.
 * @throws CarpetError ENOKERNEL, EHANDOVER, also when it does not answer within ten seconds; ControlError
 */
export async function askForOffer(socket: string, clock: Clock): Promise<UpgradeOffer> {
  let expire: (error: CarpetError) => void = () => undefined;
  const expired = new Promise<never>((_, reject) => (expire = reject));
  const silent = `the kernel at ${socket} does not answer`;
  using deadline = clock.callout('upgrade offer', () => expire(noAnswer(silent)));
  deadline.reset(ANSWER_MS);
  return await Promise.race([requestOffer(socket), expired]);
}

async function requestOffer(socket: string): Promise<UpgradeOffer> {
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

function noAnswer(who: string): CarpetError {
  return new CarpetError(
    'EHANDOVER',
    `${who} within ${ANSWER_MS / 1000} s, so this process does not start: restart it if it hangs`,
  );
}

/** The successor's side of an upgrade. */
export class Takeover {
  /** What the predecessor's modules have handed over to start with: for `KernelOptions.predecessor`. */
  states: ModuleStates = {};
  readonly pid: number;
  readonly #link: Link;
  readonly #deadline: Callout;
  #expect: UpgradeMessage['type'] = 'state';
  #came: (message: UpgradeMessage) => void = () => undefined;
  #failed: (error: unknown) => void = () => undefined;
  /** Called when the predecessor has gone. */
  #gone: (() => void) | undefined;

  private constructor({ pid, socket }: UpgradeOffer, clock: Clock) {
    this.pid = pid;
    this.#link = Link.connect(socket, (message) => this.#receive(message));
    this.#deadline = clock.callout('upgrade answer', () => this.#expired());
  }

  /**
   * Connects to the predecessor, and gets its state.
   * @throws CarpetError EHANDOVER, also when it does not answer within ten seconds
   */
  static async begin(terms: UpgradeOffer, clock: Clock): Promise<Takeover> {
    const takeover = new Takeover(terms, clock);
    const { pid } = process;
    takeover.#link.send({ type: 'hello', protocol: PROTOCOL, version: packageVersion(), pid });
    const message = await takeover.#expecting('state');
    if (message.type === 'state') takeover.states = message.states;
    return takeover;
  }

  /**
   * All is loaded and stands by: takes over, and returns when the predecessor acts no more, or need not be waited for.
   *
   * The last state is taken, the predecessor is told, and the kernel begins, all in one turn. If that fails, or the
   * predecessor does not hand over within ten seconds, this kernel has left everything as it is, and the other goes on.
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
    try {
      await this.#expecting('given');
    } catch (error) {
      this.#settle(kernel, error);
    }
  }

  /** A kernel that is told to end while it stands by must not take over any more: call it before anything is loaded. */
  heedShutdown({ eventhandler, succession }: Kernel): void {
    const abandon = (): void => {
      if (succession.standby) this.abandon('it is shutting down');
    };
    eventhandler.register('shutdown_pre_sync', abandon, undefined, SHUTDOWN_PRI_FIRST);
  }

  /** This process does not start, and says why; the predecessor goes on. The first reason counts. */
  abandon(error: unknown): void {
    this.#send({ type: 'refused', reason: describe(error) });
    this.#close();
  }

  #take({ succession }: Kernel, states: ModuleStates): void {
    try {
      succession.take(states);
      this.#announce();
    } catch (error) {
      succession.give();
      throw error;
    }
    succession.begin();
  }

  /** @throws CarpetError EHANDOVER when the predecessor goes on already */
  #announce(): void {
    try {
      this.#link.send({ type: 'running' }, new Pause(0));
    } catch {
      throw new Refused(this.pid, 'it could not wait any longer: raise its kern.upgrade.pause');
    }
  }

  /**
   * No `given` came. The predecessor has `running` and reads it before anything else, so all that it can still do is
   * leave. Should it refuse against all rules, one must yield: it goes on, and this process leaves.
   */
  #settle({ succession, log }: Kernel, error: unknown): void {
    if (error instanceof Refused) {
      succession.give();
      throw error;
    }
    if (this.#link.end === undefined)
      log.warning(`process ${this.pid} does not answer; it ends as soon as it can, and this one is at work`);
  }

  #expecting(
    type: UpgradeMessage['type'],
    act: (message: UpgradeMessage) => void = () => undefined,
  ): Promise<UpgradeMessage> {
    this.#expect = type;
    this.#deadline.reset(ANSWER_MS);
    return new Promise((resolve, reject) => {
      this.#failed = (error) => {
        this.#deadline.stop();
        reject(error);
      };
      this.#came = (message) => {
        this.#deadline.stop();
        try {
          act(message);
          resolve(message);
        } catch (error) {
          reject(error);
          this.#send({ type: 'refused', reason: describe(error) });
        }
      };
    });
  }

  #receive(message: UpgradeMessage | undefined): void {
    if (message === undefined) return this.#ended();
    if (message.type === this.#expect) return this.#came(message);
    const reason = message.type === 'refused' ? message.reason : `it sent ${message.type} out of turn`;
    this.#failed(new Refused(this.pid, reason));
  }

  #ended(): void {
    const failure = `process ${this.pid} does not hand over, and this one does not start: ${this.#link.end}`;
    this.#failed(new CarpetError('EHANDOVER', failure));
    this.#close();
    this.#gone?.();
  }

  /** Closing is what makes sure that it cannot hand over any more: whatever it sends from now on fails. */
  #expired(): void {
    if (this.#gone === undefined) this.#close();
    this.#failed(noAnswer(`process ${this.pid} did not answer`));
  }

  #close(): void {
    this.#deadline.stop();
    this.#link[Symbol.dispose]();
  }

  #send(message: UpgradeMessage): void {
    try {
      this.#link.send(message);
    } catch (error) {
      this.#failed(error);
    }
  }
}

/** The predecessor goes on. */
class Refused extends CarpetError {
  constructor(pid: number, reason: string) {
    super('EHANDOVER', `process ${pid} goes on, and this one does not start: ${reason}`);
  }
}
