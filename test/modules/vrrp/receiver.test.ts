/** Which advertisements a virtual router hears, by where they come from and what it demands of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Log, Sysctl, VirtualClock } from '../../../core/index.js';
import { InetAddress } from '../../../modules/ifnet/index.js';
import { expectationOf, VrrpReceiver } from '../../../modules/vrrp/link/receiver.js';
import { SequenceGuard } from '../../../modules/vrrp/link/sequence-guard.js';
import { parseOptions, type VrrpRouterOptions } from '../../../modules/vrrp/settings/router.js';
import { makeStatistics, type VrrpCounterName } from '../../../modules/vrrp/statistics.js';
import { GROUP, payloadOf, type Said } from './support/said.js';

const PEER = InetAddress.parse('10.88.0.2');
const OWN = InetAddress.parse('10.88.0.1');
const NOBODY = InetAddress.parse('0.0.0.0');

interface Heard {
  readonly from?: InetAddress;
  readonly ttl?: number | undefined;
  readonly to?: InetAddress | undefined;
  readonly said?: Said;
}

/** What a virtual router with these options makes of it: `heard`, or what counts it. */
function judged(options: Partial<VrrpRouterOptions>, heard: Heard = {}): string {
  // What is given as undefined is undefined: the system does not tell it.
  const { from, ttl, to, said } = { from: PEER, to: GROUP, ttl: 255, ...heard };
  const statistics = makeStatistics(new Sysctl());
  const lines: string[] = [];
  const log = new Log(({ message }) => void lines.push(message), new VirtualClock());
  const receiver = new VrrpReceiver((address) => address.equals(OWN), {
    statistics,
    refusalLog: () => log,
  });
  const list = InetAddress.parse('10.88.0.100').bytes;
  const { settings, auth } = parseOptions({
    ifname: 'eth0',
    vrid: 7,
    addresses: ['10.88.0.100/32'],
    ...options,
  });
  const expectation = expectationOf(settings, auth);
  const router = { name: '7@eth0', settings, expectation, list, sequences: new SequenceGuard() };
  const packet = { family: 4, source: from, destination: to, ttl, payload: payloadOf(from, said) } as const;
  const words = receiver.accept(packet, router);
  const counted = (Object.keys(statistics) as VrrpCounterName[]).filter((name) => statistics[name].value > 0);
  if (words === undefined) return [...counted, ...lines].join('; ');
  assert.deepEqual(words, { priority: said?.priority ?? 100, source: from, interval: 1000 });
  return ['heard', ...counted, ...lines].join('; ');
}

test('an advertisement to the group is heard from every host but this one, and from none without an address', () => {
  assert.equal(judged({}), 'heard; advert_rcvd; pseudo_header');
  assert.equal(judged({}, { to: undefined }), 'heard; advert_rcvd; pseudo_header', 'the group, if not told');
  assert.equal(judged({}, { from: OWN }), 'looped');
  assert.equal(
    judged({}, { from: NOBODY }),
    'badsource; 7@eth0: ignoring an advertisement from 0.0.0.0: it has no source address',
  );
});

test('of unicast peers those in the list are heard alone', () => {
  const others = { peers: ['10.88.0.3'] };
  assert.match(judged({ peers: ['10.88.0.3', '10.88.0.2'] }), /^heard/);
  assert.equal(
    judged(others),
    'badsource; 7@eth0: ignoring an advertisement from 10.88.0.2: it is not among `peers`',
  );
  assert.match(judged({ peers: ['10.88.0.2'] }, { from: NOBODY }), /^badsource/);
});

test('to the group a TTL of 255 is demanded, of unicast peers what is set, and nothing where it is not told', () => {
  assert.match(judged({}, { ttl: 254 }), /^badttl/);
  assert.match(judged({ minTtl: 64 }, { ttl: 254 }), /^badttl/, 'which is for unicast peers');
  assert.match(judged({}, { ttl: undefined }), /^heard/);
  const peers = { peers: ['10.88.0.2'] };
  assert.match(judged(peers, { ttl: 1 }), /^heard/);
  assert.match(judged({ ...peers, minTtl: 64 }, { ttl: 64 }), /^heard/);
  assert.match(judged({ ...peers, minTtl: 64 }, { ttl: 63 }), /^badttl/);
});

test('another list is told, and refused if that is set, but from the owner', () => {
  const other = { said: { addresses: ['10.88.0.100', '10.88.0.101'] } };
  assert.match(judged({ addressList: 'log' }, other), /^heard; advert_rcvd; pseudo_header; list_differs/);
  assert.match(judged({ addressList: 'drop' }, other), /^list_differs/);
  const owner = { said: { ...other.said, priority: 255 } };
  assert.match(judged({ addressList: 'drop' }, owner), /^heard/);
});
