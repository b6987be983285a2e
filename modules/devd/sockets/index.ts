/** The sockets through which devd's clients get the records. */
export { SocketAddress } from './address.js';
export { ClientSockets, type ClientSocketsOptions } from './server.js';
