/**
 * To be run in a host: `serve ADDRESS` answers every datagram to an address that the host may not have yet; `ask ADDRESS`
 * sends a numbered one every 10 ms and prints, at SIGTERM, how many it sent and which of them had no answer.
 */
import { createSocket } from 'node:dgram';

const PORT = 4000;
const EVERY_MS = 10;
/** The last answers are under way at the signal. */
const LAST_MS = 500;

const [role, address = ''] = process.argv.slice(2);
const socket = createSocket('udp4');

if (role === 'serve') {
  socket.on('message', (bytes, { port, address: to }) => socket.send(bytes, port, to, () => undefined));
  socket.bind(PORT, address, () => console.log('serves'));
} else {
  const open = new Set<number>();
  let next = 0;
  // An address that no host has for a moment refuses; the number stays open.
  socket.on('error', () => undefined);
  socket.on('message', (bytes) => open.delete(Number(bytes.toString())));
  socket.connect(PORT, address, () => {
    const timer = setInterval(() => {
      open.add(next);
      socket.send(String(next++), () => undefined);
    }, EVERY_MS);
    console.log('asks');
    process.on('SIGTERM', () => {
      clearInterval(timer);
      setTimeout(() => {
        console.log(JSON.stringify({ sent: next, lost: [...open] }));
        process.exit();
      }, LAST_MS);
    });
  });
}
