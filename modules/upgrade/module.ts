/**
 * @module
 * An upgrade without a restart: another process takes over what this kernel's modules hand over, and this one ends.
 *
 *     verb upgrade.offer ─► Giver ─ Link ─ (another process: Takeover)
 *
 * docs/boot.md describes it for operators, protocol.ts the conversation, core/succession.ts the kernels' part.
 */
import { randomBytes } from 'node:crypto';
import {
  CarpetError,
  Clock,
  EventHandler,
  inject,
  Kernel,
  Log,
  Module,
  Scope,
  SHUTDOWN_PRI_FIRST,
  type ShutdownHowto,
  Succession,
  type SysctlInt,
  type VerbCall,
} from '../../core/index.js';
import { packageVersion } from '../control/index.js';
import { HostModule } from '../host/index.js';
import { Giver, isTrusted, type Successor } from './giver.js';
import { PROTOCOL, type UpgradeOffer } from './protocol.js';

/** Callers who had connected before the socket's path led to the successor are answered for so long. */
const LINGER_MS = 1000;

/** What runs to its end here, such as actions of devd, has this long at least: nobody waits for this process any more. */
const END_MS = 90_000;

/** Hands this kernel over to a successor that asks for it. */
@Module({ name: 'upgrade', depends: [HostModule] })
export class UpgradeModule {
  readonly #kernel: Kernel;
  readonly #host: HostModule;
  readonly #log: Log;
  readonly #scope: Scope;
  readonly #giver: Giver;
  readonly #patience: SysctlInt;

  constructor(
    @inject(Kernel) kernel: Kernel,
    @inject(HostModule) host: HostModule,
    @inject(Clock) clock: Clock,
    @inject(Log) log: Log,
    @inject(Scope) scope: Scope,
    @inject(Succession) succession: Succession,
  ) {
    this.#kernel = kernel;
    this.#host = host;
    this.#log = log;
    this.#scope = scope;
    const pause = scope.sysctl.int('kern.upgrade.pause', {
      description:
        'how long this process may stand still for the last step of its successor, in milliseconds per half a MiB that it hands over',
      value: 100,
      min: 1,
      max: 10_000,
    });
    this.#patience = scope.sysctl.int('kern.upgrade.timeout', {
      description: 'how long a successor may take from its start to the last step, in milliseconds',
      value: 60_000,
      min: 100,
    });
    const given = (successor: Successor): void => this.#leave(successor);
    const modules = (): string[] => kernel.modules().map(({ name }) => name);
    const patience = this.#patience;
    this.#giver = scope.own(new Giver({ clock, log, succession, pause, patience, modules, given }));
  }

  start(): void {
    this.#scope.verb({
      name: 'upgrade.offer',
      summary: 'offer this kernel to a process that takes its place: carpet up --replace',
      access: 'write',
      run: (_input: undefined, call) => this.#offer(call),
    });
  }

  /** How long a successor may take to load everything, in ms. */
  get patienceMs(): number {
    return this.#patience.value;
  }

  /** What is being taken down cannot be handed over any more. */
  @EventHandler('shutdown_pre_sync', SHUTDOWN_PRI_FIRST)
  onShutdown(howto: ShutdownHowto): void {
    if (howto !== 'replace') this.#giver[Symbol.dispose]();
  }

  /** @throws CarpetError EAGAIN while an operator has to end something first: a successor would wait in vain */
  assertPossible(): void {
    const { barred } = this.#kernel.succession;
    if (barred !== undefined) throw new CarpetError('EAGAIN', barred);
  }

  #offer({ caller }: VerbCall): UpgradeOffer {
    if (caller.uid !== undefined && !isTrusted(caller.uid))
      throw new CarpetError('EPERM', "an upgrade is for root and the kernel's own user");
    if (this.#kernel.succession.standby)
      throw new CarpetError('EAGAIN', 'this kernel stands by itself: wait until it is at work');
    this.assertPossible();
    const socket = `@carpet-upgrade-${randomBytes(16).toString('hex')}`;
    this.#giver.offer(socket);
    const managed = (process.env['NOTIFY_SOCKET'] ?? '') !== '';
    return { protocol: PROTOCOL, version: packageVersion(), pid: process.pid, socket, managed };
  }

  #leave(successor: Successor): void {
    this.#kernel.succession.give();
    this.#host.succeeded(successor.pid);
    successor.dismiss();
    this.#log.notice(`process ${successor.pid} has taken over; this one ends`);
    this.#kernel.clock.callout('upgrade end', () => void this.#end(), this.#kernel).reset(LINGER_MS);
  }

  /** What is left behind would keep the process. */
  async #end(): Promise<void> {
    const timeout = this.#kernel.sysctl.get('kern.shutdown.timeout');
    if (Number(timeout?.value) < END_MS) this.#kernel.sysctl.set('kern.shutdown.timeout', END_MS);
    const left = await this.#kernel.shutdown('replace');
    if (left.length > 0) setImmediate(() => process.exit(0));
  }
}
