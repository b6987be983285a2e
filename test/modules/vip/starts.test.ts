/** The starts of virtual hosts: one that fails is said, and tried again. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { VirtualClock } from '../../../core/index.js';
import { type Starting, Starts } from '../../../modules/vip/service/starts.js';

/** Starts on two interfaces, and what becomes of them. */
function world() {
  const clock = new VirtualClock();
  const done: string[] = [];
  const starts = new Starts<Starting>({
    scope: { callout: clock.callout.bind(clock) },
    log: { limited: () => ({ error: (text: string) => void done.push(text) }) } as never,
    interfaces: { list: () => [{ name: 'eth0' }, { name: 'eth1' }] } as never,
    arrived: (ifp) => void done.push(`${clock.now()} ${ifp.name}`),
    leave: ({ name }) => void done.push(`${name} leaves`),
  });
  const host = (name: string, placed: boolean): Starting => ({
    name,
    service: { placed },
    settings: { bowOut: name !== '2@eth0' },
    machine: {
      relinquish: (reason, bowOut) =>
        void done.push(`${name} ${bowOut ? 'bows out' : 'leaves in silence'}: ${reason}`),
    },
    handover: {
      begin: () => {
        done.push(`${name} begins`);
        if (!placed) throw new Error('too many open files');
        return () => undefined;
      },
    },
    bind: () => void done.push(`${name} has no interface`),
  });
  return { clock, done, starts, host };
}

it('one that fails is tried again on every interface, once for all that have failed, 5 s after the first', () => {
  const { clock, done, starts } = world();
  const fail = (): void => {
    throw new Error('too many open files');
  };
  starts.try('1@eth0', fail);
  clock.advanceSync(3000);
  starts.try('1@eth1', fail);
  const said = ['1@eth0', '1@eth1'].map((name) => `${name}: cannot start: too many open files`);
  assert.deepEqual(done, said);
  clock.advanceSync(20_000);
  assert.deepEqual(done.slice(2), ['5000 eth0', '5000 eth1']);
});

it('one that starts is not tried again', () => {
  const { clock, done, starts } = world();
  starts.try('1@eth0', () => undefined);
  clock.advanceSync(20_000);
  assert.deepEqual(done, []);
});

it('those that go on are reported; one that finds no place leaves its interface and is started like any other', () => {
  const { clock, done, starts, host } = world();
  const hosts = [host('1@eth0', true), host('2@eth0', false), host('3@eth0', true), host('4@eth0', false)];
  assert.equal(starts.goOn(hosts).length, 2);
  assert.deepEqual(done.splice(0), [
    '1@eth0 begins',
    '2@eth0 begins',
    '2@eth0: cannot start: too many open files',
    '2@eth0 leaves in silence: hardware interface down',
    '2@eth0 leaves',
    '2@eth0 has no interface',
    '3@eth0 begins',
    '4@eth0 begins',
    '4@eth0: cannot start: too many open files',
    '4@eth0 bows out: hardware interface down',
    '4@eth0 leaves',
    '4@eth0 has no interface',
  ]);
  clock.advanceSync(5000);
  assert.deepEqual(done, ['5000 eth0', '5000 eth1']);
});
