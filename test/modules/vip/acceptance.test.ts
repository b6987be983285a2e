/** Packets to shared addresses that are not to be accepted: dropped for exactly as long as an address is in its place. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Ifnet, IfnetError, type InetAddress, InetPrefix } from '../../../modules/ifnet/index.js';
import { Acceptance } from '../../../modules/vip/service/acceptance.js';

const [A, B] = ['10.88.0.100/24', '10.88.0.101/24'].map((text) => InetPrefix.parse(text)) as [
  InetPrefix,
  InetPrefix,
];

/** A virtual host, interfaces that note what is asked of them, and a log. */
function world(accepts = false) {
  const owner = { name: '1@eth0', accepts };
  const state = { error: undefined as Error | undefined };
  const asked: string[] = [];
  const logged: string[] = [];
  const log = { limited: () => ({ error: (text: () => string) => void logged.push(text()) }) };
  const ifnet = (name: string): Ifnet =>
    ({
      setAccepting(address: InetAddress, accepting: boolean) {
        asked.push(`${accepting ? 'accept' : 'drop'} ${address} on ${name}`);
        if (state.error !== undefined) throw state.error;
      },
    }) as never;
  const acceptance = new Acceptance(owner, { log: log as never });
  /** What was asked since. */
  const news = (): string[] => asked.splice(0);
  return { owner, state, acceptance, news, logged, eth0: ifnet('eth0'), eth1: ifnet('eth1') };
}

it('begins before an address is put in place, and ends when it is there no more', () => {
  const { acceptance, news, eth0 } = world();
  assert.equal(acceptance.expect(eth0, A), undefined);
  assert.deepEqual(news(), [`drop ${A.address} on eth0`]);
  acceptance.follow(eth0, [A]);
  assert.deepEqual(news(), []);
  acceptance.follow(eth0, [B]);
  assert.deepEqual(news(), [`accept ${A.address} on eth0`, `drop ${B.address} on eth0`]);
  acceptance.end();
  acceptance.end();
  assert.deepEqual(news(), [`accept ${B.address} on eth0`]);
});

it('asks nothing of the interface of a host that accepts them', () => {
  const { acceptance, news, eth0 } = world(true);
  acceptance.expect(eth0, A);
  acceptance.follow(eth0, [A]);
  acceptance.end();
  assert.deepEqual(news(), []);
});

it('follows the settings while the addresses stay, and the addresses to another interface', () => {
  const { owner, acceptance, news, eth0, eth1 } = world(true);
  owner.accepts = false;
  acceptance.follow(eth0, [A]);
  assert.deepEqual(news(), [`drop ${A.address} on eth0`]);
  acceptance.follow(eth1, [A]);
  assert.deepEqual(news(), [`accept ${A.address} on eth0`, `drop ${A.address} on eth1`]);
  owner.accepts = true;
  acceptance.follow(eth1, [A]);
  assert.deepEqual(news(), [`accept ${A.address} on eth1`]);
});

it('goes on for a successor: what ends here then leaves the packets dropped', () => {
  const { acceptance, news, eth0 } = world();
  acceptance.follow(eth0, [A]);
  news();
  acceptance.give();
  acceptance.end();
  assert.deepEqual(news(), []);
});

it('says what keeps packets from being dropped, of several addresses too, and tries again', () => {
  const { state, acceptance, news, logged, eth0 } = world();
  acceptance.expect(eth0, B);
  state.error = new IfnetError('EPERM', 'eth0', 'not permitted');
  assert.equal(acceptance.expect(eth0, A), 'eth0: not permitted');
  assert.equal(acceptance.follow(eth0, [A, B]), 'eth0: not permitted');
  assert.deepEqual(logged, ['1@eth0: eth0: not permitted', '1@eth0: eth0: not permitted']);
  state.error = undefined;
  news();
  assert.equal(acceptance.follow(eth0, [A, B]), undefined);
  assert.deepEqual(news(), [`drop ${A.address} on eth0`]);
});

it('logs what keeps packets from being accepted again, and goes on: the addresses leave all the same', () => {
  const { state, acceptance, news, logged, eth0 } = world();
  acceptance.follow(eth0, [A, B]);
  news();
  state.error = new IfnetError('EPERM', 'eth0', 'not permitted');
  acceptance.end();
  assert.deepEqual(news(), [`accept ${A.address} on eth0`, `accept ${B.address} on eth0`]);
  assert.equal(logged.length, 2);
});

it('does not take a fault of its own for a refusal of the interface', () => {
  const { state, acceptance, eth0 } = world();
  state.error = new TypeError('no function');
  assert.throws(() => acceptance.expect(eth0, A), TypeError);
});
