/**
 * The door through which other processes see the vhids of this one: a Unix socket that answers each connection with one
 * document (document.ts) and closes. Nothing is read from it, so nothing can be asked for or done through it.
 *
 * The socket gets its name when it listens already, so one that refuses connections is always a dead one. What cannot
 * be opened is a line in the log and no more: CARP does not depend on it.
 */

import { once } from 'node:events';
import { chmodSync, renameSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import * as v from 'valibot';
import { Clock, inject, Log, Module, type ModuleLifecycle, SETTINGS } from '../../core/index.js';
import { CarpModule } from '../carp/index.js';
import { makeDocument, networkNamespace } from './document.js';
import { prepareFolder, removeSocket, removeStale, statusSocket } from './folder.js';

/** A connection more than these is closed at once. */
const MOST_CONNECTIONS = 8;
/** How long a client may take to read, in ms. */
const PATIENCE = 1000;

const schema = v.object({
  /** The folder of the sockets. */
  folder: v.string(),
});

@Module({ name: 'carp-status', depends: [CarpModule], settings: schema })
export class StatusDoor implements ModuleLifecycle {
  readonly #clients = new Set<Socket>();
  readonly #server: Server;
  #netns = 0;
  #path: string | undefined;

  constructor(
    @inject(SETTINGS) private readonly settings: v.InferOutput<typeof schema>,
    @inject(CarpModule) private readonly carp: CarpModule,
    @inject(Clock) private readonly clock: Clock,
    @inject(Log) private readonly log: Log,
  ) {
    this.#server = createServer({ pauseOnConnect: true }, (socket) => this.#answer(socket));
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  async start(): Promise<void> {
    const { folder } = this.settings;
    try {
      this.#netns = networkNamespace();
      prepareFolder(folder);
      await removeStale(folder);
      await this.#open(folder);
    } catch (error) {
      this.stop();
      const reason = error instanceof Error ? error.message : String(error);
      this.log.info(`the state is not shown to carpet ifconfig: ${reason}`);
    }
  }

  stop(): void {
    if (this.#path !== undefined) removeSocket(this.#path);
    this.#server.close();
    for (const socket of this.#clients) socket.destroy();
  }

  async #open(folder: string): Promise<void> {
    const { path } = statusSocket(folder, process.pid);
    const unready = join(folder, `.carp-${process.pid}`);
    removeSocket(unready);
    this.#server.listen(unready);
    await once(this.#server, 'listening');
    this.#server.unref();
    this.#server.on('error', ({ message }) => this.log.limited('accept').info(message));
    this.#path = unready;
    chmodSync(unready, 0o600);
    renameSync(unready, path);
    this.#path = path;
  }

  #answer(socket: Socket): void {
    this.#clients.add(socket);
    const timer = setTimeout(() => socket.destroy(), PATIENCE);
    socket.unref();
    timer.unref();
    socket.on('error', () => undefined); // the client left
    socket.on('close', () => {
      clearTimeout(timer);
      this.#clients.delete(socket);
    });
    const document = makeDocument(this.carp, this.clock, this.#netns);
    socket.end(JSON.stringify(document), () => socket.destroy());
  }
}
