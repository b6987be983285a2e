/** route_redirect_event: a router sends a host to another router, and the kernel obeys, or does not. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Kernel } from '../../core/index.js';
import {
  ETHERTYPE_IP,
  ETHERTYPE_IPV6,
  encodeEthernet,
  encodeIpv4,
  encodeIpv6,
  InetAddress,
  internetChecksum,
  parseLladdr,
  pseudoHeaderSum6,
  type RouteRedirect,
} from '../../modules/ifnet/index.js';
import { LinuxDriver } from '../../modules/ifnet/linux/index.js';
import { needs } from '../support/needs.js';
import { elapse, Laboratory, waitFor } from './support/index.js';
import { Wiretap } from './support/wiretap.js';

const HOST = '02:00:00:00:77:01';
const ROUTER = '02:00:00:00:77:02';
const bytes = (text: string) => InetAddress.parse(text).bytes;

async function bed(t: TestContext) {
  const lab = Laboratory.open(t);
  const [host, router] = [lab.namespace('host'), lab.namespace('router')];
  lab.join(host, 'eth0', router, 'eth0');
  for (const [namespace, lladdr, n] of [
    [host, HOST, 1],
    [router, ROUTER, 2],
  ] as const) {
    namespace.ip('link', 'set', 'eth0', 'address', lladdr, 'addrgenmode', 'none', 'up');
    namespace.ip('address', 'add', `10.77.0.${n}/24`, 'dev', 'eth0');
    namespace.ip('address', 'add', `fe80::${n}/64`, 'dev', 'eth0', 'nodad');
    namespace.ip('address', 'add', `fd77::${n}/64`, 'dev', 'eth0', 'nodad');
  }
  host.ip('route', 'add', 'default', 'via', '10.77.0.2');
  host.ip('-6', 'route', 'add', 'default', 'via', 'fe80::2', 'dev', 'eth0');
  for (const name of ['secure_redirects', 'shared_media']) {
    for (const which of ['all', 'eth0']) host.sysctl(`net.ipv4.conf.${which}.${name}`, 0);
  }
  // The kernel obeys for a router whose link-layer address it knows.
  host.ip('neigh', 'add', '10.77.0.3', 'lladdr', ROUTER, 'dev', 'eth0', 'nud', 'permanent');
  const kernel = new Kernel();
  await kernel.load(LinuxDriver, { netns: host.name });
  const tap = new Wiretap(router, 'eth0');
  t.after(() => tap[Symbol.dispose]());
  t.after(() => kernel.shutdown());
  const seen: string[] = [];
  kernel.eventhandler.register('route_redirect_event', (r: RouteRedirect) => {
    seen.push(
      `${r.ifp.name} ${r.destination.toString()} via ${r.gateway.toString()} from ${r.from.toString()}`,
    );
  });
  return { host, router, tap, seen };
}

function redirect4(gateway: string, destination: string): Uint8Array {
  const astray = encodeIpv4(
    { source: bytes('10.77.0.1'), destination: bytes(destination), protocol: 1, ttl: 64, tos: 0, id: 1 },
    Uint8Array.of(8, 0, 0xf7, 0xff, 0, 0, 0, 0),
  );
  const icmp = Uint8Array.of(5, 1, 0, 0, ...bytes(gateway), ...astray);
  new DataView(icmp.buffer).setUint16(2, internetChecksum(icmp));
  const header = {
    source: bytes('10.77.0.2'),
    destination: bytes('10.77.0.1'),
    protocol: 1,
    ttl: 64,
    tos: 0,
    id: 2,
  };
  return encodeEthernet(parseLladdr(HOST), parseLladdr(ROUTER), ETHERTYPE_IP, encodeIpv4(header, icmp));
}

function redirect6(gateway: string, destination: string): Uint8Array {
  const [source, to] = [bytes('fe80::2'), bytes('fd77::1')];
  const targetLladdr = [2, 1, ...parseLladdr('02:00:00:00:77:03')];
  const icmp = Uint8Array.of(
    137,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    ...bytes(gateway),
    ...bytes(destination),
    ...targetLladdr,
  );
  new DataView(icmp.buffer).setUint16(
    2,
    internetChecksum(icmp, pseudoHeaderSum6(source, to, icmp.length, 58)),
  );
  const header = { source, destination: to, nextHeader: 58, hopLimit: 255, trafficClass: 0 };
  return encodeEthernet(parseLladdr(HOST), parseLladdr(ROUTER), ETHERTYPE_IPV6, encodeIpv6(header, icmp));
}

describe('route_redirect_event', { skip: needs('root', 'netns', 'native') }, () => {
  it('tells an IPv4 redirect that the kernel obeys', async (t) => {
    const { host, tap, seen } = await bed(t);
    tap.inject(redirect4('10.77.0.3', '192.0.2.9'));
    await waitFor('the event', 2000, () => seen.length > 0);
    assert.deepEqual(seen, ['eth0 192.0.2.9 via 10.77.0.3 from 10.77.0.2']);
    assert.match(host.ip('route', 'get', '192.0.2.9'), /via 10\.77\.0\.3/);
  });

  it('tells an IPv6 redirect that the kernel obeys', async (t) => {
    const { host, tap, seen } = await bed(t);
    tap.inject(redirect6('fe80::3', '2001:db8::9'));
    await waitFor('the event', 2000, () => seen.length > 0);
    assert.deepEqual(seen, ['eth0 2001:db8::9 via fe80::3 from fe80::2']);
    assert.match(host.ip('-6', 'route', 'get', '2001:db8::9'), /via fe80::3/);
  });

  it('tells the second one where the new router had to be found first', async (t) => {
    const { host, router, tap, seen } = await bed(t);
    host.ip('neigh', 'del', '10.77.0.3', 'dev', 'eth0');
    router.ip('address', 'add', '10.77.0.3/24', 'dev', 'eth0');
    tap.inject(redirect4('10.77.0.3', '192.0.2.9'));
    await waitFor('the router to be found', 2000, () =>
      host.ip('neigh', 'show', '10.77.0.3').includes('lladdr'),
    );
    await elapse(50);
    assert.equal(seen.length, 0);
    tap.inject(redirect4('10.77.0.3', '192.0.2.9'));
    await waitFor('the event', 2000, () => seen.length > 0);
    assert.deepEqual(seen, ['eth0 192.0.2.9 via 10.77.0.3 from 10.77.0.2']);
  });

  it('does not tell one that changes nothing: the router is the one of before, or the host is on the link', async (t) => {
    const { tap, seen } = await bed(t);
    tap.inject(redirect4('10.77.0.2', '192.0.2.9'));
    tap.inject(redirect4('10.77.0.9', '10.77.0.9'));
    tap.inject(redirect6('fd77::9', 'fd77::9'));
    await elapse(200);
    assert.deepEqual(seen, []);
  });

  it('does not tell one that the kernel refuses, or that is cut short', async (t) => {
    const { host, tap, seen } = await bed(t);
    host.sysctl('net.ipv4.conf.all.accept_redirects', 0);
    host.sysctl('net.ipv4.conf.eth0.accept_redirects', 0);
    tap.inject(redirect4('10.77.0.3', '192.0.2.9'));
    for (let length = 14; length < 70; length += 5)
      tap.inject(redirect4('10.77.0.3', '192.0.2.9').slice(0, length));
    await elapse(200);
    assert.deepEqual(seen, []);
  });
});
