import { once } from 'node:events';
import { chmodSync, renameSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import * as v from 'valibot';
import { Clock, describe, inject, Log, Module, type ModuleLifecycle, SETTINGS } from '../../core/index.js';
import { CarpModule } from '../carp/index.js';
import { makeDocument, networkNamespace } from './document.js';
import { prepareFolder, removeSocket, removeStale, STATUS_FOLDER, statusSocket } from './folder.js';

/** Further connections are closed at once. */
const MAX_CONNECTIONS = 8;
/** A client that has not read its answer by then is disconnected. */
const READ_TIMEOUT_MS = 1000;

const schema = v.strictObject({
  /** The folder of the sockets; made if its parent exists. Only its owner may be able to write to it. */
  folder: v.optional(
    v.pipe(v.string('must be a path'), v.nonEmpty('must be the path of a folder')),
    STATUS_FOLDER,
  ),
});

/** What `kernel.load(CarpStatusModule, …)` takes. */
export type CarpStatusSettings = v.InferInput<typeof schema>;

/**
 * Shows the vhids of this process to other processes: a Unix socket that answers each connection with one JSON document
 * ({@link StatusDocument}) and closes. It reads nothing, so a client can request and change nothing.
 *
 * The socket is renamed to its final name once it listens, so a socket that refuses connections is always stale. If it
 * cannot be opened, the module logs one line and stays loaded: CARP does not depend on it.
 */
@Module({
  name: 'carp-status',
  depends: [CarpModule],
  settings: schema,
  reload: 'after', // Both versions would have a socket of the same name, and the one before would remove it.
})
export class CarpStatusModule implements ModuleLifecycle {
  readonly #folder: string;
  readonly #carp: CarpModule;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #clients = new Set<Socket>();
  readonly #server: Server;
  #netns = 0;
  #path: string | undefined;

  constructor(
    @inject(SETTINGS) settings: v.InferOutput<typeof schema>,
    @inject(CarpModule) carp: CarpModule,
    @inject(Clock) clock: Clock,
    @inject(Log) log: Log,
  ) {
    this.#folder = settings.folder;
    this.#carp = carp;
    this.#clock = clock;
    this.#log = log;
    this.#server = createServer({ pauseOnConnect: true }, (socket) => this.#answer(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  async start(): Promise<void> {
    try {
      this.#netns = networkNamespace();
      prepareFolder(this.#folder);
      await removeStale(this.#folder);
      await this.#open();
    } catch (error) {
      this.stop();
      this.#log.info(`the state is not shown to carpet ifconfig: ${describe(error)}`);
    }
  }

  stop(): void {
    if (this.#path !== undefined) removeSocket(this.#path);
    this.#server.close();
    for (const socket of this.#clients) socket.destroy();
  }

  async #open(): Promise<void> {
    const { path } = statusSocket(this.#folder, process.pid);
    const unready = join(this.#folder, `.carp-${process.pid}`);
    removeSocket(unready);
    this.#server.listen(unready);
    await once(this.#server, 'listening');
    this.#server.unref();
    this.#server.on('error', ({ message }) => this.#log.limited('accept').info(message));
    this.#path = unready;
    chmodSync(unready, 0o600);
    renameSync(unready, path);
    this.#path = path;
  }

  #answer(socket: Socket): void {
    this.#clients.add(socket);
    const timeout = this.#clock.callout('carp-status read timeout', () => socket.destroy());
    timeout.reset(READ_TIMEOUT_MS);
    socket.unref();
    socket.on('error', () => undefined); // the client disconnected
    socket.on('close', () => {
      timeout[Symbol.dispose]();
      this.#clients.delete(socket);
    });
    const document = makeDocument(this.#carp, this.#clock, this.#netns);
    socket.end(JSON.stringify(document), () => socket.destroy());
  }
}
