/**
 * Service from the virtual MAC on any driver, asked for inside a handler of interface events: there the table lags, so
 * what has just been made is not in it yet, and what has just been removed still is.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { CarpModule, type CarpVhid } from '../../modules/carp/index.js';
import { formatLladdr, type Ifnet, IfnetModule, parseLladdr } from '../../modules/ifnet/index.js';
import { softcOf } from '../modules/carp/support/softc.js';
import type { DriverBed, DriverFixture } from './ifnet-contract.js';

const SHARED = '10.77.0.100/24';

/** Registers the suite for one driver. */
export function carpContract(fixture: DriverFixture): void {
  describe(`carp inside a handler, on the ${fixture.name} driver`, { skip: fixture.skip }, () => {
    let bed: DriverBed;
    let carp: CarpModule;
    let eth0: Ifnet;
    let mtu = 1500;

    beforeEach(async () => {
      bed = await fixture.setup();
      eth0 = bed.kernel.get(IfnetModule).byName('eth0')!;
      carp = await bed.kernel.load(CarpModule);
    });
    afterEach(() => bed.close());

    const create = (vhid = 1, address = SHARED): CarpVhid =>
      carp.create({ ifname: 'eth0', vhid, password: 'secret', virtualMac: 'service', addresses: [address] });

    function master(): CarpVhid {
      const vhid = create();
      vhid.setState('MASTER');
      return vhid;
    }

    /** Runs it in a handler, and returns what it returned when all events have come. */
    async function inside<T>(action: () => T): Promise<T> {
      let result: { value: T } | { error: unknown } | undefined;
      const tag = bed.kernel.eventhandler.register('ifnet_mtu_event', (ifp) => {
        // A macvlan gets the MTU of its parent.
        if (ifp !== eth0) return;
        try {
          result = { value: action() };
        } catch (error) {
          result = { error };
        }
      });
      mtu -= 10;
      await bed.setMtu(mtu);
      await bed.until(() => result !== undefined, 'the handler');
      await bed.kernel.eventhandler.deregister('ifnet_mtu_event', tag);
      await bed.settle();
      if ('error' in result!) throw result.error;
      return result!.value;
    }

    /** The interface of a vhid: whether it is the one in the table, is up, its link-layer address, its addresses. */
    function serving(vhid: CarpVhid): unknown[] {
      const { ifp } = softcOf(vhid).service;
      assert.ok(ifp !== undefined, 'it has none');
      assert.equal(bed.kernel.get(IfnetModule).byIndex(ifp.index), ifp);
      return [ifp.flags.up, formatLladdr(ifp.lladdr), ...ifp.addresses.map(({ prefix }) => String(prefix))];
    }

    const macvlans = (): string[] =>
      bed.kernel
        .get(IfnetModule)
        .list()
        .filter(({ kind }) => kind === 'macvlan')
        .map(({ name }) => name);
    const settings = () => [eth0.ownSysctl(4, 'arp_ignore'), eth0.ownSysctl(4, 'arp_announce')];

    it('makes one, which serves at once', async () => {
      const vhid = await inside(master);
      assert.deepEqual(serving(vhid), [true, '00:00:5e:00:01:01', SHARED]);
      assert.deepEqual(settings(), [1, 2]);
      carp.remove(vhid);
      assert.deepEqual([macvlans(), settings()], [[], [0, 0]]);
    });

    it('changes one', async () => {
      const vhid = master();
      await inside(() => vhid.configure({ lladdr: '02:00:00:00:01:01' }));
      assert.deepEqual(serving(vhid), [true, '02:00:00:00:01:01', SHARED]);
      await inside(() => vhid.configure({ virtualMac: false }));
      assert.deepEqual([softcOf(vhid).service.ifp, vhid.state, macvlans()], [eth0, 'MASTER', []]);
      assert.deepEqual(settings(), [0, 0]);
    });

    it('removes one and makes another', async () => {
      const former = master();
      const vhid = await inside(() => {
        carp.remove(former);
        return master();
      });
      assert.deepEqual(serving(vhid), [true, '00:00:5e:00:01:01', SHARED]);
      assert.deepEqual(settings(), [1, 2]);
    });

    it('replaces what an earlier run has left, although it is not in the table yet', async () => {
      const [name, lladdr] = [`carp1-${eth0.index}`, parseLladdr('00:00:5e:00:01:01')];
      const alias = 'carpet: vhid 1 on eth0; before: arp_ignore 0 arp_announce 1';
      const { left, vhid } = await inside(() => ({
        left: eth0.createMacvlan({ name, lladdr, mode: 'vepa', alias }),
        vhid: create(),
      }));
      await bed.until(() => !left.attached && softcOf(vhid).service.ifp !== undefined, 'another');
      vhid.setState('MASTER');
      assert.deepEqual(serving(vhid), [true, '00:00:5e:00:01:01', SHARED]);
      carp.remove(vhid);
      assert.deepEqual([macvlans(), settings()], [[], [0, 1]]);
    });

    it('makes and removes one', async () => {
      await inside(() => carp.remove(master()));
      assert.deepEqual([macvlans(), settings()], [[], [0, 0]]);
      assert.deepEqual(serving(master()), [true, '00:00:5e:00:01:01', SHARED]);
    });

    it('removes all', async () => {
      const vhids = [master(), create(2, '10.77.0.102/24')];
      assert.deepEqual(settings(), [1, 2]);
      await inside(() => {
        for (const vhid of vhids) carp.remove(vhid);
      });
      assert.deepEqual([macvlans(), settings()], [[], [0, 0]]);
    });
  });
}
