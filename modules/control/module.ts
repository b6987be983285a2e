/**
 * @module
 * The control socket: HTTP and JSON on a Unix socket, for what the kernel and its modules offer as verbs. A listening
 * socket costs nothing until somebody connects: then a thread is started that serves (ServerThread), and it ends when
 * nobody has been connected for a while. The thread passes calls on to the Bridge, which carries them out here.
 *
 *     ControlModule -> ControlSocket (listening, the connection that wakes us)
 *                   -> ServerThread  -> ControlServer (HTTP, peers, limits; in the thread)
 *                   -> Bridge        -> Verbs
 *
 * Who may do what: everyone who reaches the read socket may look; root, the kernel's own user and the members of the
 * socket's group may change. The file modes say so, and the peer's credentials are asked of the kernel besides.
 */
import {
  Clock,
  EventHandler,
  inject,
  Kernel,
  Log,
  Module,
  Scope,
  SETTINGS,
  type SuccessionPhase,
} from '../../core/index.js';
import { Bridge } from './bridge.js';
import { groupId } from './group.js';
import { LentListeners } from './lent-listeners.js';
import type { ServerLimits } from './protocol.js';
import { ServerThread } from './server-thread.js';
import { type ControlSettings, controlSettings } from './settings.js';
import { ControlSocket, type SocketPurpose } from './socket.js';
import { registerDmesgVerbs } from './verbs/dmesg.js';
import { registerEventHandlerVerb } from './verbs/eventhandler.js';
import { registerInspectVerb } from './verbs/inspect.js';
import { registerKldVerbs } from './verbs/kld.js';
import { Seats } from './verbs/seats.js';
import { registerSysctlVerbs } from './verbs/sysctl.js';
import { registerTapVerb } from './verbs/tap.js';
import { registerTopVerb } from './verbs/top.js';
import { packageVersion } from './version.js';

/** Behind the path of a socket while a predecessor has the path itself. */
const BESIDE = '~';

/** Of tap and top together: each costs time for every event. */
const MAX_ONLOOKERS = 4;

const LIMITS: ServerLimits = {
  connections: 1000,
  connectionsPerUser: 64,
  calls: 256,
  callsPerUser: 64,
  body: 1024 * 1024,
  idleMs: 60_000,
};

/** Serves the kernel's verbs on Unix sockets. */
@Module({
  name: 'control',
  settings: controlSettings,
  reload: 'after', // One version only may listen on the sockets.
})
export class ControlModule {
  readonly #sockets: ControlSocket[] = [];
  readonly #kernel: Kernel;
  readonly #log: Log;
  readonly #scope: Scope;
  readonly #settings: ControlSettings;
  readonly #clock: Clock;
  #bridge: Bridge | undefined;

  constructor(
    @inject(Kernel) kernel: Kernel,
    @inject(Clock) clock: Clock,
    @inject(Log) log: Log,
    @inject(Scope) scope: Scope,
    @inject(SETTINGS) settings: ControlSettings,
  ) {
    this.#kernel = kernel;
    this.#clock = clock;
    this.#log = log;
    this.#scope = scope;
    this.#settings = settings;
  }

  /** @throws CarpetError EADDRINUSE when another kernel listens there, EACCES when the folder cannot be written */
  async start(): Promise<void> {
    registerKldVerbs(this.#scope, this.#kernel);
    registerSysctlVerbs(this.#scope, this.#kernel);
    registerEventHandlerVerb(this.#scope, this.#kernel);
    registerDmesgVerbs(this.#scope, this.#kernel);
    registerInspectVerb(this.#scope, this.#kernel);
    const seats = new Seats(MAX_ONLOOKERS);
    registerTapVerb(this.#scope, this.#kernel, seats);
    registerTopVerb(this.#scope, this.#kernel, seats);
    await this.#listen();
    this.#serve();
  }

  /** The path of the socket that takes changes; undefined before it is open. */
  get socket(): string | undefined {
    return this.#sockets[0]?.path;
  }

  /** The paths pass from the predecessor to us; it refuses what is still asked of it, so that callers ask again. */
  @EventHandler('succession_event')
  onSuccession(phase: SuccessionPhase): void {
    if (phase === 'given') this.#bridge?.retire();
    if (phase !== 'begun') return;
    for (const socket of this.#sockets) socket.moveTo(socket.path.slice(0, -BESIDE.length));
    this.#report();
  }

  #report(): void {
    this.#log.info(`listening on ${this.#sockets.map(({ path }) => path).join(' and ')}`);
  }

  async #listen(): Promise<void> {
    const { socket, readSocket, group } = this.#settings;
    const gid = groupId(group);
    const { standby } = this.#kernel.succession;
    const open = async (path: string, purpose: SocketPurpose): Promise<void> => {
      const opened = await ControlSocket.open(standby ? path + BESIDE : path, purpose);
      this.#sockets.push(this.#scope.own(opened));
    };
    await open(socket, { writes: true, group: gid });
    if (readSocket !== false) await open(readSocket, { writes: false, group: undefined });
    if (!standby) this.#report();
  }

  #serve(): void {
    const { name } = this.#kernel;
    const thread = this.#scope.own(
      new ServerThread({
        clock: this.#clock,
        log: this.#log,
        options: { kernel: { name, version: packageVersion(), pid: process.pid }, limits: LIMITS },
        lend: () => new LentListeners(this.#sockets),
        receive: (message) => bridge.receive(message),
        started: () => bridge.offer(),
        ended: () => {
          bridge.reset();
          wait();
        },
      }),
    );
    const bridge = this.#scope.own(
      new Bridge({ verbs: this.#kernel.verbs, clock: this.#clock, send: (message) => thread.send(message) }),
    );
    this.#bridge = bridge;
    const wait = (): void => this.#sockets.forEach((socket) => socket.wait(serve));
    const serve = (): void => {
      for (const socket of this.#sockets) socket.stopWaiting();
      thread.start();
    };
    wait();
  }
}
