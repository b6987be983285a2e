/** A dump that the kernel breaks off: it says so at the end, where a whole one has 0. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as nl from '../../modules/ifnet/linux/netlink/constants.js';
import { Request } from '../../modules/ifnet/linux/netlink/message.js';
import { RequestSocket } from '../../modules/ifnet/linux/netlink/request-socket.js';
import { AF_INET, Libc } from '../../modules/libc/index.js';
import { needs } from '../support/needs.js';
import { Laboratory } from './support/index.js';

test('a dump that the kernel breaks off is refused with its reason, and not taken for a whole one', {
  skip: needs('root', 'netns', 'native'),
}, (t) => {
  const host = Laboratory.open(t).namespace('a');
  using _inside = host.enter();
  using requests = new RequestSocket(Libc.load(), { strict: true });
  const rtmsg = Buffer.alloc(12);
  rtmsg[0] = AF_INET;
  const routesOf = (table: number): Request =>
    new Request(nl.RTM_GETROUTE, nl.NLM_F_DUMP, rtmsg).u32(nl.RTA_TABLE, table);
  assert.equal(requests.request(routesOf(255)), true);
  assert.throws(() => requests.request(routesOf(4711)), { code: 'ENOENT', reason: /table does not exist/ });
  assert.equal(requests.request(routesOf(255)), true);
});
