/** The server's thread where it cannot be made, or ends at once: it is reported, tried again, and costs no descriptor. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Log, VirtualClock } from '../../../core/index.js';
import { LentListeners } from '../../../modules/control/lent-listeners.js';
import type { ServerLimits } from '../../../modules/control/protocol.js';
import { ServerThread, type ServerThreadServices } from '../../../modules/control/server-thread.js';
import { ControlSocket } from '../../../modules/control/socket.js';
import { SystemError } from '../../../modules/libc/index.js';
import { needs } from '../../support/needs.js';

const descriptors = (): number => readdirSync('/proc/self/fd').length;
const options = { kernel: { name: 'k', version: '1', pid: 1 }, limits: {} as ServerLimits };

function bench(given: Partial<ServerThreadServices>) {
  const clock = new VirtualClock();
  const log: string[] = [];
  const thread = new ServerThread({
    clock,
    log: new Log(({ message }) => log.push(message), clock),
    options,
    lend: () => new LentListeners([]),
    receive: () => undefined,
    started: () => undefined,
    ended: () => undefined,
    ...given,
  });
  return { clock, log, thread };
}

async function openSocket(t: TestContext): Promise<ControlSocket> {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-thread-'));
  const socket = await ControlSocket.open(join(folder, 's.sock'), { writes: true, group: undefined });
  t.after(() => {
    socket[Symbol.dispose]();
    rmSync(folder, { recursive: true });
  });
  return socket;
}

describe("the server's thread", { skip: needs('native') }, () => {
  it('is tried again where descriptors are short, before its start and after its end', async () => {
    let asked = 0;
    let ended = 0;
    const short = (): never => {
      throw new SystemError('dup', 24);
    };
    const { clock, log, thread } = bench({
      lend: () => {
        asked++;
        return short();
      },
      ended: () => (++ended === 1 ? short() : undefined),
    });
    thread.start();
    assert.match(log.join('\n'), /the control server failed and is started anew: .*EMFILE/);
    thread.start();
    assert.equal(asked, 1, 'not before a second has passed');
    await clock.advance(1000);
    assert.equal(ended, 1);
    await clock.advance(1000);
    assert.equal(ended, 2, 'what failed after its end is tried again too');
    thread.start();
    assert.equal(asked, 2);
    await thread[Symbol.asyncDispose]();
  });

  it('gives back the descriptors of a thread that ends before it listens', async (t) => {
    const socket = await openSocket(t);
    const run = async (limits: unknown): Promise<void> => {
      const lend = (): LentListeners => new LentListeners([socket, socket]);
      const { log, thread } = bench({ lend, options: { ...options, limits: limits as ServerLimits } });
      thread.start();
      while (thread.running) await new Promise((resolve) => setTimeout(resolve, 5));
      assert.equal(log.length, 1);
      await thread[Symbol.asyncDispose]();
    };
    await run(undefined);
    const before = descriptors();
    for (let i = 0; i < 3; i++) await run(undefined);
    assert.ok(descriptors() <= before, `${descriptors()} descriptors, ${before} before`);
  });

  it('gives back what it has when there are not descriptors enough', async (t) => {
    const socket = await openSocket(t);
    const before = descriptors();
    const short = {
      listener: () => {
        throw new SystemError('dup', 24);
      },
    };
    assert.throws(() => new LentListeners([socket, short]), { code: 'EMFILE' });
    assert.equal(descriptors(), before);
  });
});
