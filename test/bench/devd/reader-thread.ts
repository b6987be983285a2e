/** The thread behind Readers: poll(2), recvmmsg(2), count. */
import { parentPort, workerData } from 'node:worker_threads';
import koffi from 'koffi';

const { path, clients, shared } = workerData as { path: string; clients: number; shared: SharedArrayBuffer };
const counts = new Int32Array(shared);
const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int, int, int)');
const connect = libc.func('int connect(int, const void *, uint32_t)');
const poll = libc.func('int poll(void *, uint64_t, int)');
const recvmmsg = libc.func('int recvmmsg(int, void *, uint32_t, int, void *)');
const close = libc.func('int close(int)');

const [AF_UNIX, SOCK_SEQPACKET, POLLIN, MSG_DONTWAIT] = [1, 5, 1, 0x40];
const [SLOTS, SIZE, HEADER] = [128, 256, 64];
const MSG_LEN = 56; // behind struct msghdr

const address = Buffer.alloc(110);
address.writeUInt16LE(AF_UNIX);
address.write(path, 2);

const data = Buffer.alloc(SLOTS * SIZE);
const vectors = Buffer.alloc(SLOTS * 16);
const headers = Buffer.alloc(SLOTS * HEADER);
for (let slot = 0; slot < SLOTS; slot++) {
  vectors.writeBigUInt64LE(koffi.address(data) + BigInt(slot * SIZE), slot * 16);
  vectors.writeBigUInt64LE(BigInt(SIZE), slot * 16 + 8);
  headers.writeBigUInt64LE(koffi.address(vectors) + BigInt(slot * 16), slot * HEADER + 16);
  headers.writeBigUInt64LE(1n, slot * HEADER + 24);
}

const fds = Buffer.alloc(8 * clients);
for (let i = 0; i < clients; i++) {
  const fd = socket(AF_UNIX, SOCK_SEQPACKET, 0) as number;
  if (connect(fd, address, address.length) !== 0) throw new Error(`cannot connect to ${path}`);
  fds.writeInt32LE(fd, 8 * i);
  fds.writeInt16LE(POLLIN, 8 * i + 4);
}
parentPort!.postMessage('connected');

/** The end of file comes as empty messages, as many as there are slots. poll(2) leaves a negative descriptor out. */
function count(client: number, messages: number): void {
  let records = 0;
  while (records < messages && headers.readUInt32LE(records * HEADER + MSG_LEN) > 0) records++;
  Atomics.add(counts, client, records);
  if (records === messages) return;
  close(fds.readInt32LE(8 * client));
  fds.writeInt32LE(-1, 8 * client);
  Atomics.store(counts, clients + 1 + client, 1);
}

while (Atomics.load(counts, clients) === 0) {
  poll(fds, clients, 20);
  for (let i = 0; i < clients; i++) {
    if ((fds.readInt16LE(8 * i + 6) & POLLIN) === 0) continue;
    const read = recvmmsg(fds.readInt32LE(8 * i), headers, SLOTS, MSG_DONTWAIT, null) as number;
    if (read > 0) count(i, read);
  }
}
for (let i = 0; i < clients; i++) if (fds.readInt32LE(8 * i) >= 0) close(fds.readInt32LE(8 * i));
