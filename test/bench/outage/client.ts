/**
 * A client, to be run in a host: `ADDRESS MS` asks the address every so many ms and prints when it sent each request (`q TIME`) and, when
 * the answer is there, which request had it (`a SENT RECEIVED`), in ms since the epoch.
 */
import { createSocket } from 'node:dgram';

const PORT = 4000;

const [address = '', every = '10'] = process.argv.slice(2);
const now = (): number => performance.timeOrigin + performance.now();
const socket = createSocket('udp4');
// An address that no host has for a moment refuses; the request stays without an answer.
socket.on('error', () => undefined);
socket.on('message', (bytes) => console.log(`a ${bytes.toString()} ${now()}`));
socket.bind(() => {
  setInterval(() => {
    const sent = now();
    console.log(`q ${sent}`);
    socket.send(String(sent), PORT, address, () => undefined);
  }, Number(every));
});
