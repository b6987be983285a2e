/** Who shares addresses on an interface: the virtual hosts of this process, and other processes. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Ifnet, IfnetError, InetPrefix } from '../../../modules/ifnet/index.js';
import { Tenancy, type Tenant } from '../../../modules/vip/service/tenancy.js';

const [A, B] = ['10.88.0.100/24', '10.88.0.101/24'].map((text) => InetPrefix.parse(text)) as [
  InetPrefix,
  InetPrefix,
];
const holder = (...held: InetPrefix[]): Tenant => ({
  holds: (_ifp, prefix) => held.includes(prefix),
  lladdrChanged: () => {},
});

/** An interface of a host, on which processes claim names. */
function ifnet(claims = new Set<string>()) {
  const state = { error: undefined as Error | undefined };
  const ifp = {
    claim(name: string): Disposable | undefined {
      if (state.error !== undefined) throw state.error;
      if (claims.has(name)) return undefined;
      claims.add(name);
      return { [Symbol.dispose]: () => void claims.delete(name) };
    },
  };
  return { ifp: ifp as never as Ifnet, claims, state };
}

it('what one virtual host of the process has put on an interface is known there, until it leaves', () => {
  const [eth0, eth1] = [ifnet().ifp, ifnet().ifp];
  const tenancy = new Tenancy();
  assert.equal(tenancy.held(eth0, A), false);
  const one = tenancy.enter(eth0, holder(A));
  const two = tenancy.enter(eth0, holder(B));
  assert.deepEqual(
    [tenancy.held(eth0, A), tenancy.held(eth0, B), tenancy.held(eth1, A)],
    [true, true, false],
  );
  one[Symbol.dispose]();
  assert.deepEqual([tenancy.held(eth0, A), tenancy.held(eth0, B)], [false, true]);
  two[Symbol.dispose]();
  assert.equal(tenancy.held(eth0, B), false);
});

it('a process claims an interface once, with its first virtual host there, until its last has left', () => {
  const { ifp, claims } = ifnet();
  const tenancy = new Tenancy();
  assert.equal(tenancy.alone(ifp), false, 'it has no place there');
  const [one, two] = [tenancy.enter(ifp, holder(A)), tenancy.enter(ifp, holder(B))];
  assert.deepEqual([[...claims], tenancy.alone(ifp)], [['carp 0'], true]);
  one[Symbol.dispose]();
  one[Symbol.dispose]();
  assert.deepEqual([...claims], ['carp 0'], 'also if one leaves twice');
  two[Symbol.dispose]();
  assert.deepEqual([...claims], []);
  const again = tenancy.enter(ifp, holder(A));
  two[Symbol.dispose]();
  assert.deepEqual([...claims], ['carp 0'], 'one that left before has no part in it');
  again[Symbol.dispose]();
});

it('a process is alone on an interface while no other has a place there, whichever came first', () => {
  const { ifp, claims } = ifnet();
  const { ifp: other } = ifnet(claims);
  const [one, two] = [new Tenancy(), new Tenancy()];
  const place = one.enter(ifp, holder(A));
  const second = two.enter(other, holder(B));
  assert.deepEqual([...claims], ['carp 0', 'carp 1']);
  assert.deepEqual([one.alone(ifp), two.alone(other)], [false, false]);
  assert.deepEqual(
    [one.solitary([ifp]), one.solitary([ifnet().ifp, ifp]), one.solitary([])],
    [false, false, true],
  );
  assert.deepEqual([...claims], ['carp 0', 'carp 1'], 'a look leaves nothing behind');
  place[Symbol.dispose]();
  assert.deepEqual([two.alone(other), two.solitary([other])], [true, true]);
  second[Symbol.dispose]();
});

it('sixteen processes know of each other; one more knows of them, but not that it is alone', () => {
  const { claims } = ifnet();
  const processes = Array.from({ length: 17 }, () => ({ tenancy: new Tenancy(), ifp: ifnet(claims).ifp }));
  const places = processes.map(({ tenancy, ifp }) => tenancy.enter(ifp, holder(A)));
  assert.deepEqual([claims.size, claims.has('carp 15'), claims.has('carp 16')], [16, true, false]);
  for (const place of places.slice(1, 15)) place[Symbol.dispose]();
  const [first, last] = [processes[0]!, processes[16]!];
  assert.deepEqual([first.tenancy.alone(first.ifp), last.tenancy.alone(last.ifp)], [false, false]);
  assert.equal(last.tenancy.solitary([last.ifp]), false);
  places[0]![Symbol.dispose]();
  places[15]![Symbol.dispose]();
  assert.deepEqual([last.tenancy.alone(last.ifp), last.tenancy.solitary([last.ifp])], [false, true]);
  places[16]![Symbol.dispose]();
});

it('on an interface that has gone nobody is alone, and a fault of the driver is none of the interface', () => {
  const { ifp, state } = ifnet();
  state.error = new IfnetError('ENXIO', 'eth0', 'it has gone');
  const tenancy = new Tenancy();
  const place = tenancy.enter(ifp, holder(A));
  assert.deepEqual([tenancy.held(ifp, A), tenancy.alone(ifp)], [true, false]);
  place[Symbol.dispose]();
  state.error = new TypeError('no function');
  assert.throws(() => tenancy.enter(ifp, holder(A)), TypeError);
});
