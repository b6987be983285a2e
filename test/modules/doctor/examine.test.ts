/** An examination from its beginning to its end, with a host and a network that are made up. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VirtualClock } from '../../../core/index.js';
import { CARP_GROUPS, type Examination, examine, type HostFacts } from '../../../modules/doctor/index.js';
import { InetPrefix } from '../../../modules/ifnet/index.js';

function host(changes: object = {}): HostFacts {
  const eth0 = {
    name: 'eth0',
    index: 2,
    ethernet: true,
    up: true,
    running: true,
    mtu: 1500,
    lladdr: Uint8Array.of(2, 0, 0, 0, 0, 1),
    kind: undefined,
    addresses: [InetPrefix.parse('10.88.0.1/24')],
    bridge: undefined,
    ...changes,
  };
  const nothing = (): undefined => undefined;
  return {
    interfaces: [eth0],
    sysctl: nothing,
    bridge: nothing,
    route: nothing,
    ruleset: { nftables: [] },
  };
}

/** What is found, when `send` is what becomes of each probe and the host is `after` at the end. */
async function findings(send: () => void, after = host()): Promise<{ codes: string[]; notes: string }> {
  const clock = new VirtualClock();
  const states = [host(), after];
  const examination: Examination = {
    ifname: 'eth0',
    vhids: [
      {
        ifname: 'eth0',
        vhid: 1,
        peers: [],
        advbase: 1,
        ...CARP_GROUPS,
        addresses: [InetPrefix.parse('10.88.0.100/24')],
      },
    ],
    facts: () => states.shift()!,
    duration: 3000,
    probes: true,
    run: '00112233445566aa',
    clock,
    wait: async (ms) => clock.advance(ms),
    tap: () => ({ send, [Symbol.dispose]: () => undefined }),
  };
  const { findings: found, notes } = await examine(examination);
  return { codes: found.map(({ code }) => code), notes: notes.join('\n') };
}

function fail(): never {
  throw new Error('sendto failed: ENETDOWN');
}

describe('an examination', () => {
  it('goes on when nothing can be sent, and says so', async () => {
    const { codes, notes } = await findings(fail);
    assert.deepEqual(codes, []);
    assert.match(notes, /^probes could not be sent: sendto failed: ENETDOWN$/m);
    assert.doesNotMatch((await findings(() => undefined)).notes, /sent/);
  });

  it('reports an interface that goes, or goes down, meanwhile', async () => {
    assert.deepEqual((await findings(fail, host({ up: false }))).codes, ['interface-down']);
    assert.deepEqual((await findings(fail, { ...host(), interfaces: [] })).codes, ['no-interface']);
  });
});
