/** To be run in a host: sends one datagram to the address, which nothing need answer. */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

const PORT = 9;

const [address = ''] = process.argv.slice(2);
const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
socket.send('x', PORT, address, () => socket.close());
