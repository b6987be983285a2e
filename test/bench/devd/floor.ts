/** What the kernel itself allows: the same records to the same clients in the same batches, and no devd in between. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  AF_UNIX,
  Libc,
  MessageBatch,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SocketAddress,
} from '../../../modules/libc/index.js';
import { Readers } from './readers.js';

const SEND_BUFFER = 1 << 20; // as devd's
const RECORD = '!system=IFNET subsystem=eth96 type=LINK_UP\n';

/** Records per second that every one of the clients has read, `batch` of them in one sendmmsg(2) to each. */
export async function floor(path: string, clients: number, batch: number, ms: number): Promise<number> {
  const libc = Libc.load();
  const listener = libc.socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK);
  libc.bind(listener, new SocketAddress(path).bytes);
  libc.listen(listener, clients);
  const readers = await Readers.connect(path, clients);
  const fds = Array.from({ length: clients }, () => libc.accept(listener));
  for (const fd of fds) libc.setSendBuffer(fd, SEND_BUFFER);
  const records = new MessageBatch(libc);
  for (let i = 0; i < batch; i++) records.add(RECORD);
  const start = performance.now();
  let sent = 0;
  while (performance.now() - start < ms || readers.least < sent) {
    if (performance.now() - start < ms && sent - readers.least <= 4 * batch) {
      for (const fd of fds) libc.sendmmsg(fd, records.headers, batch);
      sent += batch;
    }
    await nextTurn();
  }
  const seconds = (performance.now() - start) / 1000;
  await readers.stop();
  for (const fd of [listener, ...fds]) libc.close(fd);
  return sent / seconds;
}
