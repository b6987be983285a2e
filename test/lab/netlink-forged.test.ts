/** Another process, privileged even, that sends to our socket of the routing netlink as if it were the kernel. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { NLMSG_ERROR } from '../../modules/ifnet/linux/netlink/constants.js';
import { dumpLinks, parseLink } from '../../modules/ifnet/linux/netlink/link.js';
import { Request } from '../../modules/ifnet/linux/netlink/message.js';
import { RequestSocket } from '../../modules/ifnet/linux/netlink/request-socket.js';
import { AF_NETLINK, Libc, NETLINK_ROUTE, netlinkAddress, SOCK_RAW } from '../../modules/libc/index.js';
import { needs } from '../support/needs.js';
import { Laboratory } from './support/index.js';

const EPERM = 1;
/** Where struct sockaddr_nl has the port. */
const PORT = 4;

/** The ports of this namespace's routing netlink: one line each, of which the third field is the port, 0 the kernel's. */
function ports(): number[] {
  const [, ...lines] = readFileSync('/proc/thread-self/net/netlink', 'utf8').trim().split('\n');
  const fields = lines.map((line) => line.trim().split(/\s+/));
  return fields
    .filter(([, protocol, port]) => protocol === '0' && port !== '0')
    .map(([, , port]) => Number(port));
}

test('an answer that is not of the kernel does not reach a request', {
  skip: needs('root', 'netns', 'native'),
}, async (t) => {
  const host = Laboratory.open(t).namespace('a');
  const libc = Libc.load();
  using _inside = host.enter();
  using requests = new RequestSocket(libc);
  const names = (): (string | undefined)[] => {
    const found: (string | undefined)[] = [];
    requests.request(dumpLinks(), (message) => found.push(parseLink(message)?.name));
    return found;
  };
  assert.deepEqual(names(), ['lo']);
  const [port, ...others] = ports();
  assert.ok(port !== undefined && others.length === 0, 'ours is the only socket here');
  const forger = libc.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  const to = netlinkAddress(0);
  to.writeUInt32LE(port, PORT);
  const refusal = Buffer.alloc(20);
  refusal.writeInt32LE(-EPERM, 0);
  // The number of the next request, of the one after it, and so on: one of them would be believed.
  for (let seq = 1; seq < 6; seq++) {
    const forged = new Request(NLMSG_ERROR, 0, refusal).bytes(seq);
    assert.throws(() => libc.sendto(forger, forged, to), { code: 'ECONNREFUSED' });
  }
  libc.close(forger);
  assert.deepEqual(names(), ['lo']);
});
