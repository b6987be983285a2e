/** The sockets through which devd's clients get the records. */
export { ClientSockets, type ClientSocketsOptions } from './server.js';
export { type ClientTunables, clientTunables } from './tunables.js';
