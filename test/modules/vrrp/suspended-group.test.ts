/** A failover group on a machine that is suspended, and finds that out within a second of its end, before or after it has spoken. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CarpModule, type CarpVhid } from '../../../modules/carp/index.js';
import type { VrrpRouter } from '../../../modules/vrrp/index.js';
import { SleepingClock } from '../../support/sleeping-clock.js';
import { type Host, World } from './support/world.js';

const MINUTE = 60_000;
type Kind = 'carp' | 'slow carp' | 'vrrp' | 'fast vrrp';
type Member = CarpVhid | VrrpRouter;

const GROUPS: Readonly<Record<string, readonly Kind[]>> = {
  CARP: ['carp', 'slow carp'],
  VRRP: ['vrrp', 'fast vrrp'],
  'both protocols': ['slow carp', 'fast vrrp', 'vrrp'],
};

/** The host whose machine sleeps, and the other one. */
const HOSTS = [
  { name: 'preempting', better: [true, false], preempt: true },
  { name: 'not preempting, the better one', better: [true, false], preempt: false },
  { name: 'not preempting, the worse one', better: [false, true], preempt: false },
] as const;

async function join(
  host: Host,
  kinds: readonly Kind[],
  better: boolean,
  preempt: boolean,
): Promise<Member[]> {
  const carp = kinds.some((kind) => kind.endsWith('carp')) ? await host.kernel.load(CarpModule) : undefined;
  return kinds.map((kind, i) => {
    const common = { ifname: 'eth0', addresses: [`10.88.0.10${i}/24`], failoverGroup: 'firewall', preempt };
    const advskew = (kind === 'slow carp' ? 100 : 0) + (better ? 0 : 100);
    if (kind.endsWith('carp')) return carp!.create({ ...common, vhid: i + 1, password: 'secret', advskew });
    const interval = kind === 'vrrp' ? 1000 : 300;
    return host.create({ ...common, vrid: i + 1, priority: better ? 150 : 100, interval });
  });
}

/** The first host is MASTER, falls asleep after so many ms, and wakes up. */
async function woken(
  world: World,
  kinds: readonly Kind[],
  { better, preempt }: (typeof HOSTS)[number],
  { awake, slept }: { readonly awake: number; readonly slept: number },
) {
  const clock = new SleepingClock(world.clock);
  const hosts = [await world.host({}, {}, { clock }), await world.host()];
  const groups: Member[][] = [];
  for (const [i, host] of hosts.entries()) {
    groups.push(await join(host, kinds, better[i]!, preempt));
    world.advance(10_000);
  }
  world.advance(awake);
  assert.deepEqual(
    states(groups),
    kinds.map(() => 'MASTER BACKUP'),
  );
  world.lan.partition(['host1:eth0'], ['host2:eth0']);
  clock.suspend();
  world.advance(slept);
  world.lan.heal();
  clock.resume();
  const tell = (): unknown => hosts[0]!.kernel.eventhandler.invoke('power_resume', slept);
  return { groups, vacancies: watch(world, hosts, groups), tell };
}

/** Of each member, on both hosts. */
function states(groups: readonly Member[][]): string[] {
  return groups[0]!.map(({ state }, i) => `${state} ${groups[1]![i]!.state}`);
}

/** Fills with how long a member is without a MASTER from now on, in ms; within one instant it may be. */
function watch({ clock }: World, hosts: readonly Host[], groups: readonly Member[][]): number[] {
  const found: number[] = [];
  const since = new Map<number, number>();
  const look = (): void => {
    for (const [i, state] of states(groups).entries()) {
      const vacantFor = clock.now() - (since.get(i) ?? clock.now());
      if (vacantFor > 0) found.push(vacantFor);
      if (state.includes('MASTER')) since.delete(i);
      else since.set(i, clock.now());
    }
  };
  for (const { kernel } of hosts)
    for (const list of ['carp_state_event', 'vrrp_state_event'] as const)
      kernel.eventhandler.register(list, look);
  return found;
}

describe('a failover group on a machine that was suspended', () => {
  for (const [name, kinds] of Object.entries(GROUPS))
    for (const host of HOSTS)
      for (const slept of [MINUTE, 2000])
        it(`for ${slept} ms always has a MASTER, and is on one host: ${name}, ${host.name}`, async () => {
          for (let awake = 0; awake < 1000; awake += 400)
            for (let untold = 0; untold <= 1000; untold += 350) {
              await using world = new World();
              const { groups, vacancies, tell } = await woken(world, kinds, host, { awake, slept });
              world.advance(untold);
              tell();
              // Until the slowest of them has spoken, and been heard.
              world.advance(1900);
              const when = `asleep after ${awake} ms, told after ${untold} ms`;
              const then = states(groups);
              assert.match([...new Set(then)].join(), /^(MASTER BACKUP|BACKUP MASTER)$/, when);
              world.advance(10_000);
              assert.deepEqual([states(groups), vacancies], [then, []], when);
            }
        });
});
