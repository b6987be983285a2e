/** What of Linux other modules may use as well. Needs koffi, which `host` itself does without elsewhere. */
export { UnixDatagram } from './unix-datagram.js';
