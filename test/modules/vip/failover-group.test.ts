/** A failover group by itself: whom a change of one member moves, and what its members know of one another. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FailoverGroups } from '../../../modules/vip/group/failover-group.js';
import { type GroupMachine, GroupMember } from '../../../modules/vip/group/group-member.js';
import type { VipState } from '../../../modules/vip/state.js';

/** Members of one group that do what they are told, and say what that was. */
function group(...states: VipState[]) {
  const groups = new FailoverGroups();
  const told: string[] = [];
  const member = (state: VipState, index: number) => {
    const self = { state, hampered: false, knowsBetter: false, patience: 0 };
    const name = 'abc'[index]!;
    const move = (to: VipState): void => {
      const { state: from } = self;
      self.state = to;
      own.changed({ from, to, reason: '' }, false);
    };
    const machine: GroupMachine = {
      get state() {
        return self.state;
      },
      get knowsBetter() {
        return self.knowsBetter;
      },
      outlasts: (slept) => self.state === 'MASTER' && slept <= self.patience,
      takeOver: () => {
        told.push(`${name} up`);
        move('MASTER');
      },
      relinquish: (_reason, bowOut) => {
        told.push(`${name} down${bowOut === false ? ', in silence' : ''}`);
        move('BACKUP');
      },
      remind: (atOnce) => void told.push(`${name} contested${atOnce ? ' for good' : ''}`),
      advertiseNow: () => void told.push(`${name} advertises`),
    };
    const own = new GroupMember(groups, machine, () => self.hampered);
    own.join('firewall');
    return { own, self, move };
  };
  const members = states.map(member);
  /** What the members have been told since. */
  const news = (): string[] => told.splice(0);
  return { members: members as [Member, Member, Member], news };
  type Member = ReturnType<typeof member>;
}

it('a member moves the others, and those that are moved move nobody again', () => {
  const {
    members: [a],
    news,
  } = group('BACKUP', 'BACKUP', 'BACKUP');
  a.move('MASTER');
  assert.deepEqual(news(), ['b up', 'c up']);
  a.move('BACKUP');
  assert.deepEqual(news(), ['b down', 'c down']);
  a.own.changed({ from: 'MASTER', to: 'BACKUP', reason: '' }, true);
  assert.deepEqual(news(), ['b down, in silence', 'c down, in silence']);
});

it('one that comes into service, or leaves it, as BACKUP moves nobody', () => {
  const {
    members: [a],
    news,
  } = group('INIT', 'BACKUP');
  a.move('BACKUP');
  a.move('INIT');
  assert.deepEqual(news(), []);
});

it('a member that knows of a better master does not follow', () => {
  const {
    members: [a, b],
    news,
  } = group('BACKUP', 'BACKUP', 'BACKUP');
  b.self.knowsBetter = true;
  a.move('MASTER');
  assert.deepEqual(news(), ['c up']);
});

it('a change that a handler has taken back by now moves nobody', () => {
  const {
    members: [a],
    news,
  } = group('MASTER', 'MASTER');
  a.own.changed({ from: 'MASTER', to: 'BACKUP', reason: '' }, false);
  assert.deepEqual(news(), []);
});

it('one that leaves takes nobody with it, and can come back', () => {
  const {
    members: [a, b, c],
    news,
  } = group('BACKUP', 'BACKUP', 'BACKUP');
  c.own.join(undefined);
  a.move('MASTER');
  assert.deepEqual(news(), ['b up']);
  b.own.join(undefined);
  a.move('BACKUP');
  assert.deepEqual(news(), []);
  b.own.join('firewall');
  b.move('BACKUP');
  assert.deepEqual(news(), ['a down']);
  b.own.join('other');
  b.move('MASTER');
  assert.deepEqual(news(), []);
});

it('is impaired for a member while another one is out of service, whatever becomes of itself', () => {
  const {
    members: [a, b],
  } = group('BACKUP', 'BACKUP');
  const seen = (): boolean[] => [a.own.impaired, b.own.impaired];
  assert.deepEqual(seen(), [false, false]);
  a.self.state = 'INIT';
  assert.deepEqual(seen(), [false, true]);
  a.self.state = 'MASTER';
  a.self.hampered = true;
  assert.deepEqual(seen(), [false, true]);
  b.own.join(undefined);
  assert.deepEqual(seen(), [false, false]);
});

it('serves for a member while another one is MASTER, whatever becomes of itself', () => {
  const {
    members: [a, b],
  } = group('MASTER', 'BACKUP');
  assert.deepEqual([a.own.serves, b.own.serves], [false, true]);
  b.own.join(undefined);
  assert.deepEqual([a.own.serves, b.own.serves], [false, false]);
});

it('outlasts a sleep for a member while another one has a claim as MASTER, whatever its own', () => {
  const {
    members: [a, b],
  } = group('MASTER', 'MASTER');
  const outlast = (slept: number): boolean[] => [a, b].map(({ own }) => own.othersOutlast(slept));
  b.self.patience = 3000;
  assert.deepEqual(
    [outlast(3000), outlast(3001)],
    [
      [true, false],
      [false, false],
    ],
  );
  b.own.join(undefined);
  assert.deepEqual(outlast(3000), [false, false]);
});

it('what a member meets is told to the others, not to itself', () => {
  const {
    members: [a, b],
    news,
  } = group('MASTER', 'MASTER');
  a.own.impair();
  a.own.contested(true);
  b.own.contested(false);
  assert.deepEqual(news(), ['b advertises', 'b contested for good', 'a contested']);
  a.own.join(undefined);
  a.own.impair();
  a.own.contested(true);
  assert.deepEqual(news(), []);
});
