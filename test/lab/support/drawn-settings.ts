/** Random settings files for a host with eth0 and eth1, every one of them valid, of every module that does a host's work. */
import fc from 'fast-check';
import { type DrawnVhid, drawnCarp } from '../../sim/boot/files.js';

/** One virtual router, as in a file. */
export interface DrawnRouter {
  readonly ifname: string;
  readonly vrid: number;
  readonly [setting: string]: unknown;
}

/** The modules that a file names, without those that the test itself needs. */
export interface DrawnModules {
  readonly carp?: { readonly vhids: readonly DrawnVhid[] };
  readonly vrrp?: { readonly routers: readonly DrawnRouter[] };
  readonly [name: string]: unknown;
}

const router = fc.record(
  {
    ifname: fc.constantFrom('eth0', 'eth1'),
    vrid: fc.integer({ min: 11, max: 15 }),
    version: fc.constantFrom(2, 3),
    priority: fc.integer({ min: 1, max: 254 }),
    interval: fc.constantFrom(1000, 2000),
    preempt: fc.boolean(),
    virtualMac: fc.boolean(),
  },
  { requiredKeys: ['ifname', 'vrid'] },
);

const vrrp = fc
  .uniqueArray(router, { maxLength: 4, selector: ({ ifname, vrid }) => `${vrid}@${ifname}` })
  .map((routers) => ({
    routers: routers.map((each) => ({
      ...each,
      addresses: [`10.88.${each.ifname === 'eth0' ? 0 : 1}.${170 + each.vrid}/24`],
    })),
  }));

const file = fc.record(
  { kind: fc.constant('file'), path: fc.constantFrom('/etc/passwd', '/no/such'), demote: fc.constant(100) },
  { requiredKeys: ['kind', 'path'] },
);
const checks = fc.dictionary(fc.constantFrom('one', 'two'), file);
const hook = fc.constantFrom(
  { form: 'json', command: ['/bin/true'] },
  { form: 'keepalived', command: ['/bin/true'], states: ['MASTER'] },
  { form: 'stream', command: ['/bin/cat'] },
);
const empty = fc.constant(null);

/** @param folder where devd.conf stands */
export function drawnModules(folder: string): fc.Arbitrary<DrawnModules> {
  return fc
    .record(
      {
        carp: drawnCarp,
        vrrp,
        health: checks.map((checks) => ({ checks })),
        hooks: fc.dictionary(fc.constantFrom('one', 'two'), hook).map((hooks) => ({ hooks })),
        devd: fc.constantFrom({ config: `${folder}/devd.conf`, sockets: false }),
        metrics: fc.record({ handlers: fc.boolean() }, { requiredKeys: [] }),
        devctl: empty,
        trace: empty,
        acd: empty,
        'notify-peers': empty,
      },
      { requiredKeys: [] },
    )
    .chain((drawn) => fc.shuffledSubarray(Object.entries(drawn), { minLength: Object.keys(drawn).length }))
    .map((entries) => Object.fromEntries(entries) as DrawnModules);
}
