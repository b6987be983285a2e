/** keepalived.conf in the shapes that are found on hosts and in repositories: what is not converted is said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { convertKeepalived } from '../../../modules/boot/convert/index.js';
import { routerSchema } from '../../../modules/vrrp/settings/router.js';

interface Converted {
  readonly routers: readonly Record<string, unknown>[];
  readonly remarks: readonly string[];
}

function converted(text: string): Converted {
  const { settings, remarks } = convertKeepalived(text, 'k.conf', 'vrrp');
  const { modules } = settings as { modules: { vrrp: { routers: Record<string, unknown>[] } } };
  return { routers: modules.vrrp.routers, remarks: remarks.map((line) => line.replace(/^k\.conf:/, '')) };
}

const BASE = { ifname: 'eth0', vrid: 7, priority: 100, virtualMac: false, version: 2 };
const instance = (...lines: string[]): string =>
  ['vrrp_instance V {', 'interface eth0', 'virtual_router_id 7', ...lines, '}'].join('\n');
const ADDRESS = 'virtual_ipaddress { 10.0.0.9 }';

const ID_REMEDY = 'write the one that all hosts have';
const PRIORITY_REMEDY =
  'keepalived takes 100 then, and so is it here; write the one that this host is to have';

test('a template that has not been filled in is named line by line', () => {
  const { routers, remarks } = converted(`global_defs {
  vrrp_garp_master_refresh
}
vrrp_instance proxy {
  interface {{ device }}
  virtual_router_id {{VRID}}
  priority $PRIORITY
  advert_int <seconds>
  unicast_src_ip x.x.x.x
  unicast_peer {
    {{PEER}}
    10.0.0.2
  }
  virtual_ipaddress {
    { }
    {{VIP}}/24 dev {{ device }}
    $VIP
  }
}
`);
  assert.deepEqual(routers, [
    { ifname: '', vrid: 0, priority: 100, addresses: [], virtualMac: false, peers: ['10.0.0.2'], version: 2 },
  ]);
  assert.deepEqual(remarks, [
    '2: global_defs: vrrp_garp_master_refresh: it says no number: keepalived ignores it',
    '4: proxy: it has no virtual_ipaddress, and VRRP needs one: name what the scripts move, with manageAddresses: false',
    '5: proxy: interface: {{ device }} is no name of an interface',
    `6: proxy: virtual_router_id: {{VRID}} is no number: ${ID_REMEDY}`,
    `7: proxy: priority: $PRIORITY is no number: ${PRIORITY_REMEDY}`,
    '8: proxy: advert_int: <seconds> is no number: keepalived takes 1 s then, and so is it here; write that of the other hosts',
    '9: proxy: unicast_src_ip: x.x.x.x is no address',
    '11: proxy: {{PEER}}: no address, left out',
    '15: proxy: braces without a word: no address, left out',
    '16: proxy: {{VIP}}/24: no address, left out',
    '17: proxy: $VIP: no address, left out',
  ]);
});

test('a number that keepalived refuses does not become a setting', () => {
  const { routers, remarks } = converted(`vrrp_instance V {
  interface eth0
  state MASTER
  virtual_router_id 900
  priority 300
  version 4
  advert_int 1000
  unicast_ttl 64.5
  ${ADDRESS}
}
`);
  assert.deepEqual(routers, [{ ...BASE, vrid: 0, addresses: ['10.0.0.9/32'] }]);
  assert.deepEqual(remarks, [
    `4: V: virtual_router_id: 900 is not a whole number from 1 to 255: ${ID_REMEDY}`,
    `5: V: priority: 300 is not a whole number from 1 to 255: ${PRIORITY_REMEDY}`,
    '6: V: version: 4 is not a whole number from 2 to 3: keepalived ignores it',
    '7: V: advert_int: 1000 is not 0.01 to 255: keepalived takes 1 s then, and so is it here; write that of the other hosts',
    '8: V: unicast_ttl: 64.5 is not a whole number from 0 to 255: keepalived ignores it',
  ]);
});

test('a wrong priority of an instance that starts as MASTER makes no owner', () => {
  for (const wrong of ['priority abc', 'priority', 'priority -1', 'priority 300']) {
    const text = instance('state MASTER', wrong, ADDRESS);
    assert.equal(converted(text).routers[0]!['priority'], 100, wrong);
    const { settings } = convertKeepalived(text, 'k.conf');
    const { modules } = settings as { modules: { carp: { vhids: { advskew: number }[] } } };
    assert.equal(modules.carp.vhids[0]!.advskew, 154, wrong);
  }
});

test('braces that are missing or too many are named, and what stands behind them is converted', () => {
  const open = 'this {, or one below it, is not closed: add the }';
  const missing = converted(instance('virtual_ipaddress {', '10.0.0.9'));
  assert.deepEqual(missing.routers, [{ ...BASE, addresses: ['10.0.0.9/32'] }]);
  assert.deepEqual(missing.remarks, [`1: ${open}`]);
  assert.deepEqual(converted('global_defs {\nrouter_id a\nvrrp_instance V\n{\n').remarks.slice(-2), [
    '3: global_defs: vrrp_instance: no counterpart',
    `4: ${open}`,
  ]);
  const surplus = converted(`${instance('priority 90', ADDRESS)}\n}\n${instance(ADDRESS).replace('V', 'W')}`);
  assert.deepEqual(
    surplus.routers.map(({ priority }) => priority),
    [90, 100],
  );
  assert.deepEqual(surplus.remarks, ['7: this } closes nothing: take it out']);
});

test('a password that is longer than what keepalived sends is cut as keepalived does', () => {
  const authentication = (pass: string) => `authentication {\nauth_type PASS\nauth_pass ${pass}\n}`;
  const remarksOf = (pass: string) => converted(instance(ADDRESS, authentication(pass))).remarks;
  const write = '5: V: write the password into /etc/carpet/V.pass, mode 0600: no secret stands in this file';
  assert.deepEqual(remarksOf('12345678'), [write]);
  assert.deepEqual(remarksOf('hunter2-hunter2'), [
    `${write}; its first 8 characters, which keepalived sends`,
  ]);
});

test('an authentication that keepalived does not know is none, as with keepalived', () => {
  const { routers, remarks } = converted(
    instance(ADDRESS, 'authentication {', 'auth_type PASS;', 'auth_pass secret;', '}'),
  );
  assert.deepEqual(routers, [{ ...BASE, addresses: ['10.0.0.9/32'] }]);
  assert.deepEqual(remarks, [
    '5: V: auth_type PASS;: keepalived knows PASS and AH only, and sends no password then',
  ]);
});

test('of two instances of one name the first counts, as with keepalived', () => {
  const { routers, remarks } = converted(
    `${instance('priority 110', ADDRESS)}\n${instance('priority 90', 'virtual_ipaddress { 10.0.0.8 }')}`,
  );
  assert.deepEqual(routers, [{ ...BASE, priority: 110, addresses: ['10.0.0.9/32'] }]);
  assert.deepEqual(remarks, ['7: vrrp_instance V: a second one, which keepalived ignores']);
});

test('addresses that keepalived puts on other interfaces are named, excluded ones too', () => {
  const { routers, remarks } = converted(
    instance(
      'virtual_ipaddress {',
      '169.254.0.1/24 dev eth0',
      '10.0.0.9/24 dev br0 no_track',
      '}',
      'virtual_ipaddress_excluded {',
      '10.0.1.9/24 dev br1',
      'fe80::9/64 dev eth0 scope link',
      '}',
    ),
  );
  assert.deepEqual(routers, [
    { ...BASE, addresses: ['169.254.0.1/24', '10.0.0.9/24'], excluded: ['10.0.1.9/24', 'fe80::9/64'] },
  ]);
  const provider = 'a provider of yours can put it there (docs/vip.md)';
  assert.deepEqual(remarks, [
    `6: V: 10.0.0.9/24 goes to the interface of its router, not to br0: ${provider}`,
    `9: V: 10.0.1.9/24 goes to the interface of its router, not to br1: ${provider}`,
  ]);
});

test('lines for some hosts, checks, scripts of a group and IPVS are said where they stand', () => {
  const { remarks } = converted(`vrrp_script check { script "/bin/true" }
vrrp_track_process proxy { process haproxy }
track_file flag { file /run/flag }
vrrp_sync_group G {
  group { V }
  notify_master /bin/up
  track_script { check }
  global_tracking
}
${instance('@main priority 99', '@^main priority 49', ADDRESS)}
@backup vrrp_instance W { }
virtual_server 10.0.0.9 80 {
  delay_loop 6
}
local_address_group g { 10.0.0.3 }
`);
  const health = (kind: string) => `the module health has checks of kind: ${kind}: see docs/health.md`;
  assert.deepEqual(remarks, [
    `1: vrrp_script check: ${health('command')}`,
    `2: vrrp_track_process proxy: ${health('process')}`,
    `3: track_file flag: ${health('file')}`,
    '6: G: notify_master: the module hooks runs it, with form: keepalived: see docs/hooks.md',
    '7: G: track_script: the module health has checks that demote: see docs/health.md',
    '8: G: global_tracking: no counterpart',
    '13: V: @main priority 99: it is for hosts that run keepalived with -i main, and not converted',
    '14: V: @^main priority 49: it is for hosts that run keepalived without -i main, and not converted',
    '17: @backup vrrp_instance W: it is for hosts that run keepalived with -i backup, and not converted',
    '18: virtual_server 10.0.0.9 80: keep keepalived for it, without its vrrp_instance',
    '21: local_address_group g: keep keepalived for it, without its vrrp_instance',
  ]);
});

test('settings that lack addresses are refused for that alone, and the converter says so of both protocols', () => {
  const text = instance('unicast_src_ip 10.0.0.1', 'unicast_peer { 10.0.0.2 }');
  const { issues = [] } = v.safeParse(routerSchema, converted(text).routers[0]);
  assert.deepEqual(
    issues.map(({ message }) => message),
    ['is empty: name at least one address'],
  );
  const { remarks } = convertKeepalived(text, 'k.conf');
  assert.ok(remarks.some((line) => line.includes('no virtual_ipaddress, and CARP needs one')));
});

test('words that every object of JavaScript has, and those of later versions, have no counterpart', () => {
  const { routers, remarks } = converted(`global_defs {
  toString
}
vrrp_sync_group G {
  group { V }
  notify_fifo /run/fifo
  track_foo { }
}
${instance('constructor x', ADDRESS)}
@node-1 valueOf { }
`);
  assert.deepEqual(routers, [{ ...BASE, addresses: ['10.0.0.9/32'], failoverGroup: 'G' }]);
  assert.deepEqual(remarks, [
    '2: global_defs: toString: no counterpart',
    '6: G: notify_fifo: no counterpart',
    '7: G: track_foo: no counterpart',
    '12: V: constructor: no counterpart',
    '15: @node-1 valueOf: it is for hosts that run keepalived with -i node-1, and not converted',
  ]);
});
