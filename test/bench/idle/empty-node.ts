/** What Node itself costs a daemon that is idle: a timer of a second, and a datagram. To the address that it is given. */
import { createSocket } from 'node:dgram';

const DISCARD = 9;
const socket = createSocket('udp4').unref();
const words = Buffer.alloc(36); // as long as a CARP advertisement
setInterval(() => socket.send(words, DISCARD, process.argv[2]), 1000);
