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

test('a file that is taken in within a block is named with what to do', () => {
  const { remarks } = converted(instance('virtual_ipaddress { 10.0.0.1/24 }', 'include common.conf'));
  assert.deepEqual(remarks, ['k:5: V: include common.conf: not read: write its lines in place of this one']);
});
