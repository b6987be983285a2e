/** docs/carp.md names every setting with its default, every sysctl and every counter. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { parseOptions } from '../../../modules/carp/settings.js';
import { World } from './support/world.js';

const page = readFileSync(new URL('../../../../docs/carp.md', import.meta.url), 'utf8');

it('the manual page has every setting, with its default', () => {
  const { settings } = parseOptions({ ifname: 'eth0', vhid: 1, password: '', addresses: ['10.0.0.1/24'] });
  const optional = ['preempt', 'source', 'source6', 'minTtl', 'lladdr', 'failoverGroup'];
  for (const name of [...Object.keys(settings), 'password', ...optional]) {
    assert.ok(page.includes(`\`${name}\``), `${name} is not in docs/carp.md`);
  }
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value !== 'number' && typeof value !== 'boolean') continue;
    const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\``)) ?? '';
    assert.ok(row === '' || row.includes('required') || row.split('|')[2]!.trim() === String(value), row);
  }
});

it('the manual page has every sysctl and counter, with its default', async () => {
  await using world = new World();
  const host = await world.host();
  for (const node of host.kernel.sysctl.list('net.inet.carp')) {
    const name = node.name.startsWith('net.inet.carp.stats.') ? node.name.split('.').at(-1)! : node.name;
    assert.ok(page.includes(`\`${name}\``), `${name} is not in docs/carp.md`);
    if (node.kind === 'counter') continue;
    const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\``))!;
    assert.equal(row.split('|')[2]!.trim(), String(Number(node.default)), row);
  }
});
