/** The words of keepalived.conf, as keepalived 2.2.7 itself has been seen to read them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { convertKeepalived } from '../../../modules/boot/convert/index.js';

function converted(text: string): { routers: readonly unknown[]; remarks: readonly string[] } {
  const { settings, remarks } = convertKeepalived(text, 'k', 'vrrp');
  const { modules } = settings as { modules: { vrrp: { routers: Record<string, unknown>[] } } };
  return { routers: modules.vrrp.routers, remarks };
}

const ROUTER = { ifname: 'eth0', vrid: 7, priority: 100, virtualMac: false, version: 2 };
const instance = (...lines: string[]): string =>
  ['vrrp_instance V {', 'interface eth0', 'virtual_router_id 7', ...lines, '}'].join('\n');

test('a comment ends a line wherever it begins, but not in quotes, and is no part of a definition', () => {
  const { routers, remarks } = converted(`$VIP=10.0.0.1 # the address
vrrp_instance V {
  interface eth0#LAN
  virtual_router_id 7!seven
  virtual_ipaddress {
    \${VIP}/24
    10.0.0.3/24#third
    10.0.0.4/24 "a # b" dev eth1
    10.0.0.5/24 label \\#5 dev eth1
  }
}`);
  assert.deepEqual(routers, [
    { ...ROUTER, addresses: ['10.0.0.1/24', '10.0.0.3/24', '10.0.0.4/24', '10.0.0.5/24'] },
  ]);
  assert.deepEqual(
    remarks.map((line) => line.slice(0, 16)),
    ['k:8: V: 10.0.0.4', 'k:9: V: 10.0.0.5'],
  );
});

test("' is a letter, and quotes nothing", () => {
  const router = ["'V1' {", "interface 'eth0'", 'virtual_router_id 7', "priority '120'", "state 'MASTER'"];
  const secret = ['authentication {', 'auth_type PASS', "auth_pass 'secret word'", '}'];
  const { routers, remarks } = converted(
    `vrrp_instance ${[...router, ...secret, "virtual_ipaddress { 10.0.0.1/24 dev 'eth0' }", '}'].join('\n')}`,
  );
  assert.deepEqual(routers, [
    { ...ROUTER, ifname: '', addresses: ['10.0.0.1/24'], passwordFile: '/etc/carpet/-V1-.pass' },
  ]);
  const taken = 'keepalived takes 100 then, and so is it here; write the one that this host is to have';
  const password = 'write the password into /etc/carpet/-V1-.pass, mode 0600: no secret stands in this file';
  assert.deepEqual(remarks.slice(0, 3), [
    "k:2: 'V1': interface: 'eth0' is no name of an interface",
    `k:4: 'V1': priority: '120' is no number: ${taken}`,
    `k:6: 'V1': ${password}; with each ', which is a letter to keepalived`,
  ]);
});

test('a definition may use another one, and have several lines', () => {
  const text = `$ID=\${NUMBER}
$NUMBER=7
$REST=advert_int 2 \\
  priority 77 \\
  virtual_ipaddress { 10.0.0.7/24 }
vrrp_instance V {
  interface eth0
  virtual_router_id $ID
  $REST
}`;
  const router = { ...ROUTER, priority: 77, interval: 2000, addresses: ['10.0.0.7/24'] };
  assert.deepEqual(converted(text), { routers: [router], remarks: [] });
});

test('what keepalived takes for no definition or no use of one stays as it is', () => {
  const { routers, remarks } = converted(
    `$PRIORITY = 120\n$VIP=10.0.0.1\n${instance('priority $PRIORITY', 'virtual_ipaddress {', '$VIP/24', '$VIP', '}')}`,
  );
  assert.deepEqual(routers, [{ ...ROUTER, addresses: ['10.0.0.1/32'] }]);
  assert.deepEqual(remarks, [
    'k:1: $PRIORITY = 120: no counterpart',
    'k:6: V: priority: $PRIORITY is no number: keepalived takes 100 then, and so is it here; write the one that this host is to have',
    'k:8: V: $VIP/24: no address, left out',
  ]);
});

test('a definition that uses itself comes to an end', () => {
  const { remarks } = converted(
    `$A=\${A}\n$B=\${B}\${B}\${B}\${B}\n${instance('priority $A', 'version $B')}`,
  );
  assert.equal(remarks.filter((line) => line.includes('is no number')).length, 2);
});

test('numbers are decimal', () => {
  const block = ['virtual_ipaddress { 10.0.0.1/24 }', 'priority 0x78', 'advert_int 2e0', 'unicast_ttl 1e2'];
  const { routers, remarks } = converted(instance(...block));
  assert.deepEqual(routers, [{ ...ROUTER, addresses: ['10.0.0.1/24'] }]);
  assert.deepEqual(
    remarks.map((line) => line.split(':', 4).join(':')),
    ['k:5: V: priority', 'k:6: V: advert_int', 'k:7: V: unicast_ttl'],
  );
  const signs = ['virtual_ipaddress { 10.0.0.1/24 }', 'priority +120', 'advert_int 3.'];
  const router = { ...ROUTER, priority: 120, interval: 3000, addresses: ['10.0.0.1/24'] };
  assert.deepEqual(converted(instance(...signs)), { routers: [router], remarks: [] });
});

test('an address is read as keepalived reads it: what is none is left out, a wrong length is that of one address', () => {
  const { routers, remarks } = converted(
    instance(
      'virtual_ipaddress {',
      '10.0.0.1/24 peer 10.0.0.2',
      '10.0.0.3/33',
      '10.0.0.4/255.255.255.0',
      '010.0.0.5/24',
      '10.0.0.300',
      '}',
      'unicast_src_ip 10.0.0.9/24',
      'unicast_peer {',
      '10.0.0.10/24',
      'fe80::1',
      '}',
    ),
  );
  const addresses = ['10.0.0.1/24', '10.0.0.3/32', '10.0.0.4/32'];
  assert.deepEqual(routers, [{ ...ROUTER, addresses, source: '10.0.0.9', peers: ['10.0.0.10'] }]);
  const made = (address: string): string =>
    `keepalived makes ${address} of it, and so is it here; write that of the network`;
  assert.deepEqual(remarks, [
    'k:5: V: 10.0.0.1/24: peer 10.0.0.2: no counterpart',
    `k:6: V: 10.0.0.3/33: ${made('10.0.0.3/32')}`,
    `k:7: V: 10.0.0.4/255.255.255.0: ${made('10.0.0.4/32')}`,
    'k:8: V: 010.0.0.5/24: no address, left out',
    'k:9: V: 10.0.0.300: no address, left out',
    'k:12: V: fe80::1: of another family than the addresses, left out',
  ]);
});

test('a delay or a count that keepalived ignores does not become a setting', () => {
  const text = `global_defs {
  vrrp_startup_delay -3
  vrrp_garp_master_repeat 0
  vrrp_down_timer_adverts 0
}
vrrp_instance V {
  interface eth0
  virtual_router_id 7
  virtual_ipaddress { 10.0.0.1/24 }
  preempt_delay 1001
  garp_master_refresh -1
  garp_master_repeat 0
  down_timer_adverts 200
}`;
  const { routers, remarks } = converted(text);
  assert.deepEqual(routers, [{ ...ROUTER, addresses: ['10.0.0.1/24'] }]);
  assert.deepEqual(remarks, [
    'k:2: global_defs: vrrp_startup_delay: -3 is not 0 or more: keepalived ignores it',
    'k:3: global_defs: vrrp_garp_master_repeat: 0 is not a whole number from 1 to 255: left to the default',
    'k:4: global_defs: vrrp_down_timer_adverts: 0 is not a whole number from 1 to 100: keepalived ignores it',
    'k:10: V: preempt_delay: 1001 is not 0 to 1000: keepalived ignores it',
    'k:11: V: garp_master_refresh: -1 is not a whole number from 0 on: keepalived ignores it',
    'k:12: V: garp_master_repeat: 0 is not a whole number from 1 to 255: left to the default',
    'k:13: V: down_timer_adverts: 200 is not a whole number from 1 to 100: keepalived ignores it',
  ]);
});

test('a file that is taken in within a block is named with what to do', () => {
  const { remarks } = converted(instance('virtual_ipaddress { 10.0.0.1/24 }', 'include common.conf'));
  assert.deepEqual(remarks, ['k:5: V: include common.conf: not read: write its lines in place of this one']);
});
