/** Routes and rules that come and go with the shared addresses. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  IfnetError,
  IfnetModule,
  InetPrefix,
  type Routing,
  routeText,
  ruleText,
} from '../../../modules/ifnet/index.js';
import { succeed } from '../carp/support/successor.js';
import { type Host, SHARED, World } from '../carp/support/world.js';

const ROUTES = [
  { to: '10.7.0.0/16', via: '10.88.0.254', source: '10.88.0.100' },
  { to: 'default', via: '10.88.0.254', table: 100, metric: 5 },
  { to: '10.9.0.0/16', kind: 'blackhole' as const },
];
const RULES = [{ from: '10.88.0.100/32', table: 100 }];
const OURS = 112;

const PRESENT = [
  '10.7.0.0/16 via 10.88.0.254 dev 1 src 10.88.0.100',
  '0.0.0.0/0 via 10.88.0.254 dev 1 table 100 metric 5',
  'blackhole 10.9.0.0/16',
  'from 10.88.0.100/32 lookup 100',
];

function routingOf({ kernel }: Pick<Host, 'kernel'>): Routing {
  return kernel.get(IfnetModule).byName('eth0')!.routing!;
}

function present(host: Pick<Host, 'kernel'>, protocol = OURS): string[] {
  const routing = routingOf(host);
  const rules = routing.rules(protocol).map((rule) => ruleText({ ...rule, priority: undefined }));
  return [...routing.routes(protocol).map(routeText), ...rules];
}

describe('routes and rules', () => {
  it('are there while the vhid is MASTER, and not before or after', async () => {
    await using world = new World();
    const host = await world.host();
    const vhid = host.create({ routes: ROUTES, rules: RULES });
    world.advance(1000);
    assert.deepEqual(present(host), []);
    world.advance(4000);
    assert.deepEqual(present(host), PRESENT);
    vhid.setState('BACKUP');
    assert.deepEqual(present(host), []);
    world.advance(5000);
    assert.deepEqual([vhid.state, present(host)], ['MASTER', PRESENT]);
    await host.kernel.unload('carp');
    assert.deepEqual(present(host), []);
  });

  it('follow the settings while it is MASTER', async () => {
    await using world = new World();
    const host = await world.host();
    const vhid = host.create({ routes: ROUTES, rules: RULES });
    world.advance(5000);
    vhid.configure({ routes: [...ROUTES.slice(1), { to: '10.8.0.0/16', via: '10.88.0.253' }], rules: [] });
    assert.deepEqual(present(host), [...PRESENT.slice(1, 3), '10.8.0.0/16 via 10.88.0.253 dev 1']);
  });

  it('are each there once when an address was put back', async () => {
    await using world = new World();
    const host = await world.host();
    host.create({ routes: ROUTES, rules: RULES });
    world.advance(5000);
    const routing = routingOf(host);
    for (const route of routing.routes(OURS).slice(0, 1)) routing.removeRoute(route, OURS);
    host.kernel.get(IfnetModule).byName('eth0')!.removeAddress(InetPrefix.parse(SHARED));
    world.advance(2000);
    assert.deepEqual(present(host).toSorted(), PRESENT.toSorted());
  });

  it('that another program has removed are each there once after a change of the settings', async () => {
    await using world = new World();
    const host = await world.host();
    const vhid = host.create({ routes: ROUTES, rules: [...RULES, { fwmark: 7, table: 100, priority: 77 }] });
    world.advance(5000);
    const before = present(host);
    const routing = routingOf(host);
    vhid.configure({});
    assert.deepEqual(present(host), before);
    for (const rule of routing.rules(OURS)) routing.removeRule(rule, OURS);
    for (const route of routing.routes(OURS).slice(0, 1)) routing.removeRoute(route, OURS);
    vhid.configure({});
    assert.deepEqual(present(host).toSorted(), before.toSorted());
    vhid.setState('INIT');
    assert.deepEqual(present(host), []);
  });

  it('that the host has anyway stay', async () => {
    await using world = new World();
    const host = await world.host();
    const vhid = host.create({ routes: [{ to: '10.9.0.0/16', kind: 'blackhole' }] });
    const own = {
      to: InetPrefix.parse('10.9.0.0/16'),
      kind: 'blackhole',
      ifindex: 0,
      table: 254,
      metric: 0,
    } as const;
    routingOf(host).addRoute({ ...own, via: undefined, source: undefined, onlink: false }, 3);
    world.advance(5000);
    vhid.setState('INIT');
    assert.deepEqual([present(host), present(host, 3)], [[], ['blackhole 10.9.0.0/16']]);
    assert.match(
      host.log.map(({ message }) => message).join('\n'),
      /blackhole 10\.9\.0\.0\/16: the host has it already/,
    );
  });

  it('that a killed process has left go when one comes to the interface, whether it wants them or not', async () => {
    await using world = new World();
    const host = await world.host();
    host.create({ vhid: 2, addresses: ['10.88.0.102/24'], routes: ROUTES, rules: RULES });
    world.advance(5000);
    const before = present(host);
    assert.equal(before.length, 4);
    // As after a kill: what is there has nobody who knows of it.
    host.kernel.succession.give();
    await host.kernel.unload('carp');
    const other = await world.host(['10.88.0.9/24']);
    const [from, to] = [routingOf(host), routingOf(other)];
    for (const route of from.routes(OURS)) to.addRoute(route, OURS);
    for (const rule of from.rules(OURS)) to.addRule(rule, OURS);
    assert.deepEqual(present(other), before);
    other.create({ vhid: 3, addresses: ['10.88.0.103/24'] });
    assert.deepEqual(present(other), []);
    assert.match(
      other.log.map(({ message }) => message).join('\n'),
      /removing from 10\.88\.0\.100\/32 lookup 100 priority 32765, left behind/,
    );
  });

  it('that two vhids want go with the last of them', async () => {
    await using world = new World();
    const host = await world.host();
    const first = host.create({ rules: RULES });
    const second = host.create({ vhid: 2, addresses: ['10.88.0.102/24'], rules: RULES });
    world.advance(5000);
    first.setState('INIT');
    assert.deepEqual(present(host), PRESENT.slice(3));
    second.setState('INIT');
    assert.deepEqual(present(host), []);
  });

  it('that cannot be added demote the vhid until they can', async () => {
    await using world = new World();
    const host = await world.host();
    const vhid = host.create({
      routes: [{ to: '10.7.0.0/16', via: '10.88.0.254', dev: 'eth7' }, ROUTES[2]!],
    });
    world.advance(5000);
    assert.match(vhid.demotions[0]!.reason, /eth7: there is no such interface for a route/);
    assert.deepEqual(present(host), PRESENT.slice(2, 3), 'the others are there');
    vhid.configure({ routes: [ROUTES[0]!] });
    assert.deepEqual([vhid.demotions, present(host)], [[], PRESENT.slice(0, 1)]);
  });

  it('that cannot be added again with their address demote the vhid until they can', async () => {
    await using world = new World();
    const host = await world.host();
    const vhid = host.create({ routes: ROUTES });
    world.advance(5000);
    const routing = routingOf(host);
    const add = routing.addRoute.bind(routing);
    routing.addRoute = () => {
      throw new IfnetError('ENETUNREACH', 'eth0', 'network is unreachable');
    };
    for (const route of routing.routes(OURS).slice(0, 1)) routing.removeRoute(route, OURS);
    host.kernel.get(IfnetModule).byName('eth0')!.removeAddress(InetPrefix.parse(SHARED));
    for (let second = 0; second < 20; second += 4) {
      world.advance(4000);
      assert.match(vhid.demotions[0]?.reason ?? '', /network is unreachable/);
    }
    routing.addRoute = add;
    world.advance(5000);
    assert.deepEqual([vhid.demotions, present(host).toSorted()], [[], PRESENT.slice(0, 3).toSorted()]);
    vhid.setState('INIT');
    assert.deepEqual(present(host), []);
  });

  it('go on with a successor, which removes what its settings lack', async () => {
    await using world = new World();
    const host = await world.host();
    host.create({ routes: ROUTES, rules: RULES });
    world.advance(5000);
    const vhid = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED] };
    await succeed(host, { vhids: [{ ...vhid, routes: ROUTES, rules: [] }] });
    assert.deepEqual(present(host), PRESENT.slice(0, 3));
  });
});

describe('the settings of routes and rules', () => {
  const refused: [settings: object, message: RegExp][] = [
    [{ routes: [{ to: '10.7.0.1/16' }] }, /routes\[0\]\.to has host bits/],
    [{ routes: [{ to: 'somewhere' }] }, /routes\[0\]\.to/],
    [{ routes: [{ to: '10.7.0.0/16', via: 'fd00::1' }] }, /routes\[0\] mixes IPv4 and IPv6/],
    [{ routes: [{ to: '10.7.0.0/16', via: '10.0.0.1', kind: 'blackhole' }] }, /leads to nowhere/],
    [{ rules: [{ from: '10.0.0.1/32' }] }, /rules\[0\]\.table is missing/],
    [{ rules: [{ from: '10.0.0.1/32', to: 'fd00::/64', table: 1 }] }, /rules\[0\] mixes/],
  ];
  for (const [settings, message] of refused) {
    it(`refuse ${JSON.stringify(settings)}`, async () => {
      await using world = new World();
      const host = await world.host();
      assert.throws(() => host.create(settings), { code: 'ESETTINGS', message });
    });
  }
});
