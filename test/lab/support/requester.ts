/**
 * A client, to be run in a host: asks the address every 10 ms and writes down when each answer came, in ms since the
 * epoch. It sends to a closed UDP port, so the answer is the other kernel's "port unreachable" and needs no server.
 */
import { createSocket } from 'node:dgram';

const DISCARD_PORT = 9;
const EVERY_MS = 10;

const [address = ''] = process.argv.slice(2);
const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
socket.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'ECONNREFUSED') console.log(performance.timeOrigin + performance.now());
});
// A neighbour that is not there refuses the sending; an answer is told by the event above.
const ignore = (): void => {};
socket.connect(DISCARD_PORT, address, () => {
  setInterval(() => socket.send('?', ignore), EVERY_MS);
});
