/**
 * A client that writes: one connection after another to the address, each with a term of its own, and on each one write
 * after the other, the next when the last was answered. Prints every answer. What is not answered in time ends the
 * term, by a reset: an orderly end would have the system go on sending the last write, and a host that has the address
 * again would accept it. To be run in a host: `writer.js NAME ADDRESS PORT`.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const PATIENCE_MS = 300;
const PAUSE_MS = 10;

const [name = '', address = '', port = ''] = process.argv.slice(2);

/** What is answered to the last write. @throws Error when the connection has ended, or nothing comes in time */
async function answer(socket: Socket): Promise<string> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  for (let text = ''; ; ) {
    const chunk = socket.read() as Buffer | null;
    if (chunk !== null) text += chunk.toString();
    if (text.endsWith('\n')) return text;
    if (socket.destroyed || socket.readableEnded) throw new Error('the connection has ended');
    await once(socket, 'readable', { signal: patience });
  }
}

function open(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port: Number(port), noDelay: true });
    const timer = setTimeout(() => socket.destroy(new Error('no connection')), PATIENCE_MS);
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(socket);
    });
    // Later ones come with its end, which its reader sees.
    socket.on('error', reject).once('close', () => clearTimeout(timer));
  });
}

async function write(term: number): Promise<void> {
  const socket = await open();
  try {
    for (let sequence = 1; ; sequence++) {
      socket.write(`${name}/${term} ${sequence}\n`);
      const [host] = (await answer(socket)).split(' ');
      console.log(
        `answered ${name}/${term} ${sequence} ${performance.timeOrigin + performance.now()} ${host}`,
      );
      await delay(PAUSE_MS);
    }
  } finally {
    socket.resetAndDestroy();
  }
}

console.log('writes');
for (let term = 1; ; term++) {
  await write(term).catch(() => undefined);
  await delay(PAUSE_MS);
}
