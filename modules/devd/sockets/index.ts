/** The sockets through which devd's clients get the records. */
export { ClientSockets, type ClientSocketsOptions } from './server.js';
