/** The thread behind Readers: poll(2), recvmmsg(2), count. */
import { parentPort, workerData } from 'node:worker_threads';
import {
  AF_UNIX,
  Libc,
  Library,
  MessageRing,
  POLLIN,
  SOCK_SEQPACKET,
  SocketAddress,
} from '../../../modules/libc/index.js';

const { path, clients, shared } = workerData as { path: string; clients: number; shared: SharedArrayBuffer };
const counts = new Int32Array(shared);
const libc = Libc.load();
const poll = Library.load().func('int poll(void *, uint64_t, int)');
const ring = new MessageRing(libc, { count: 128, size: 256 });

const fds = Buffer.alloc(8 * clients);
for (let i = 0; i < clients; i++) {
  const fd = libc.socket(AF_UNIX, SOCK_SEQPACKET);
  libc.connect(fd, new SocketAddress(path).bytes);
  fds.writeInt32LE(fd, 8 * i);
  fds.writeInt16LE(POLLIN, 8 * i + 4);
}
parentPort!.postMessage('connected');

/** The end of file comes as empty messages, as many as there are slots. poll(2) leaves a negative descriptor out. */
function count(client: number, messages: number): void {
  let records = 0;
  while (records < messages && ring.length(records) !== 0) records++;
  Atomics.add(counts, client, records);
  if (records === messages) return;
  libc.close(fds.readInt32LE(8 * client));
  fds.writeInt32LE(-1, 8 * client);
  Atomics.store(counts, clients + 1 + client, 1);
}

while (Atomics.load(counts, clients) === 0) {
  poll(fds, clients, 20);
  for (let i = 0; i < clients; i++) {
    if ((fds.readInt16LE(8 * i + 6) & POLLIN) === 0) continue;
    const read = ring.read(fds.readInt32LE(8 * i));
    if (read > 0) count(i, read);
  }
}
for (let i = 0; i < clients; i++) if (fds.readInt32LE(8 * i) >= 0) libc.close(fds.readInt32LE(8 * i));
