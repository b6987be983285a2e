/** A number belongs to one process of a host, and to its successor as soon as that can have it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VirtualClock } from '../../../core/index.js';
import { type Ifnet, IfnetError } from '../../../modules/ifnet/index.js';
import { NumberClaims } from '../../../modules/vip/claim/number-claims.js';

interface Holder {
  readonly pid?: number;
  readonly privileged: boolean;
}

/** Claims on an interface where `holder` has every vhid, as long as there is one. */
function scene() {
  const clock = new VirtualClock();
  const log: string[] = [];
  const held = new Set<string>();
  const host = { holder: undefined as Holder | undefined, error: undefined as Error | undefined, asked: 0 };
  const ifp = {
    name: 'eth0',
    claim(name: string) {
      host.asked++;
      if (host.error !== undefined) throw host.error;
      if (host.holder !== undefined) return undefined;
      held.add(name);
      return { [Symbol.dispose]: () => void held.delete(name) };
    },
    claimant: () => host.holder,
  };
  const refusalLog = () => ({ warning: (text: string) => log.push(text) });
  const claims = new NumberClaims(ifp as unknown as Ifnet, { clock, protocol: 'carp', refusalLog } as never);
  return { clock, log, held, host, claims };
}

const FIRST = { vhid: 1, name: '1@eth0' };
const SECOND = { vhid: 2, name: '2@eth0' };

describe('a claim on a vhid', () => {
  it('is held until it is released, or until all are', () => {
    const { claims, held } = scene();
    claims.claim(FIRST);
    claims.claim(SECOND);
    claims.release(FIRST);
    assert.deepEqual([...held], ['vhid 2']);
    claims[Symbol.dispose]();
    assert.deepEqual([...held], []);
  });

  it('is refused while another process has it that can run CARP, with who that is and the remedy', () => {
    const { claims, host } = scene();
    host.holder = { pid: 77, privileged: true };
    const refused = (who: string) => ({
      code: 'EBUSY',
      message: `carp 1@eth0: the number 1 is taken on eth0 by a vhid of CARP or a virtual router of VRRP (${who}): stop that, or take another number`,
    });
    assert.throws(() => claims.claim(FIRST), refused('process 77'));
    host.holder = { privileged: true };
    assert.throws(() => claims.claim(FIRST), refused('a process that is not visible here'));
  });

  it('is not kept from a host by a process that cannot run CARP, nor by a kernel that knows no claims', () => {
    const { claims, host, log } = scene();
    host.holder = { pid: 77, privileged: false };
    claims.claim(FIRST);
    assert.match(log[0]!, /process 77, which can run neither CARP nor VRRP, holds its name$/);
    host.error = new IfnetError('EPERM', 'eth0', 'not permitted');
    claims.claim(SECOND);
    assert.match(log[1]!, /^2@eth0: cannot find out .*: not permitted$/);
    claims.release(SECOND);
    host.error = new TypeError('a fault of our own');
    assert.throws(() => claims.claim(SECOND), TypeError);
  });
});

describe('a claim that virtual hosts of both families share', () => {
  const FOUR = { vhid: 7, name: '7@eth0' };
  const SIX = { vhid: 7, name: '7v6@eth0' };

  it('is asked for once, and held until the last one releases it', () => {
    const { claims, held, host } = scene();
    claims.claim(FOUR);
    claims.claim(SIX);
    assert.equal(host.asked, 1);
    claims.release(FOUR);
    claims.release(FOUR);
    assert.deepEqual([...held], ['vhid 7']);
    claims.release(SIX);
    assert.deepEqual([...held], []);
  });

  it('is inherited once, and given up with a line for each', () => {
    const { claims, clock, host, log } = scene();
    host.holder = { pid: 77, privileged: true };
    claims.inherit(FOUR);
    claims.inherit(SIX);
    clock.advanceSync(30_000);
    assert.equal(host.asked, 300);
    assert.deepEqual(
      log.map((line) => line.split(':')[0]),
      ['7@eth0', '7v6@eth0'],
    );
  });
});

describe('an inherited claim', () => {
  it('is taken as soon as the predecessor has left, asked for ten times a second', () => {
    const { claims, clock, host, held } = scene();
    host.holder = { pid: 77, privileged: true };
    claims.inherit(FIRST);
    claims.inherit(SECOND);
    clock.advanceSync(250);
    assert.deepEqual([host.asked, ...held], [4]);
    host.holder = undefined;
    clock.advanceSync(50);
    assert.deepEqual([...held], ['vhid 1', 'vhid 2']);
    clock.advanceSync(1000);
    assert.equal(host.asked, 6, 'what it has it does not ask for');
    claims[Symbol.dispose]();
    assert.deepEqual([...held], []);
  });

  it('is given up after 30 s, with a line for each vhid', () => {
    const { claims, clock, host, log } = scene();
    host.holder = { pid: 77, privileged: true };
    claims.inherit(FIRST);
    clock.advanceSync(29_999);
    assert.deepEqual([host.asked, log.length], [299, 0]);
    clock.advanceSync(10_000);
    assert.equal(host.asked, 300);
    assert.deepEqual(log, ['1@eth0: the process of before still has this number: see whether it has ended']);
  });

  it('has its 30 s anew when another vhid is inherited', () => {
    const { claims, clock, host, log } = scene();
    host.holder = { pid: 77, privileged: true };
    claims.inherit(FIRST);
    clock.advanceSync(20_000);
    claims.inherit(SECOND);
    clock.advanceSync(29_000);
    assert.deepEqual(log, []);
    clock.advanceSync(1000);
    assert.equal(log.length, 2);
  });

  it('is no longer asked for when the vhid, or the interface, goes', () => {
    for (const end of ['release', 'dispose'] as const) {
      const { claims, clock, host, held } = scene();
      host.holder = { pid: 77, privileged: true };
      claims.inherit(FIRST);
      if (end === 'release') claims.release(FIRST);
      else claims[Symbol.dispose]();
      host.holder = undefined;
      clock.advanceSync(1000);
      assert.deepEqual([...held], []);
      assert.equal(clock.callouts().length, 0);
    }
  });
});
