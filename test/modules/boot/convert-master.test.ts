/** What keepalived ignores of an instance that starts as MASTER, or owns its addresses, does not become a setting. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { convertKeepalived } from '../../../modules/boot/convert/index.js';

interface Preemption {
  readonly preempt?: boolean;
  readonly preemptDelay?: number;
}

const textOf = (globals: string, lines: readonly string[]): string =>
  [
    `global_defs {\n${globals}\n}`,
    'vrrp_instance V {\ninterface eth0\nvirtual_router_id 7\nvirtual_ipaddress { 10.0.0.9/24 }',
    ...lines,
    '}',
  ].join('\n');

/** With which remarks, and whether it preempts, after how many ms. */
function converted(to: 'carp' | 'vrrp', lines: readonly string[], globals = ''): unknown[] {
  const { settings, remarks } = convertKeepalived(textOf(globals, lines), 'k.conf', to);
  const { modules } = settings as {
    modules: { carp?: { vhids: Preemption[] }; vrrp?: { routers: Preemption[] } };
  };
  const { preempt = true, preemptDelay = 0 } = (modules.carp?.vhids ?? modules.vrrp!.routers)[0]!;
  const about = remarks
    .map((line) => line.replace(/^k\.conf:\d+: V: /, ''))
    .filter((line) => /^(no)?preempt/.test(line));
  return [preempt, preemptDelay, about];
}

const master = (kind: string): string => `${kind}: keepalived ignores it with state MASTER`;
const owner = (kind: string): string => `${kind}: keepalived ignores it with priority 255`;

for (const to of ['carp', 'vrrp'] as const) {
  test(`to ${to}: nopreempt and preempt_delay, of one that starts as MASTER`, () => {
    const lines = (kind: string): string[] => ['state MASTER', 'priority 150', kind];
    assert.deepEqual(converted(to, lines('nopreempt')), [true, 0, [master('nopreempt')]]);
    assert.deepEqual(converted(to, lines('preempt_delay 30')), [true, 0, [master('preempt_delay')]]);
    assert.deepEqual(converted(to, ['nopreempt', 'state MASTER']), [true, 0, [master('nopreempt')]]);
    const none = ['priority 255', 'preempt_delay 30'];
    assert.deepEqual(converted(to, none), [true, 0, [owner('preempt_delay')]], 'for want of a state');
  });

  test(`to ${to}: nopreempt, of an owner`, () => {
    const lines = ['state BACKUP', 'priority 255', 'nopreempt'];
    assert.deepEqual(converted(to, lines), [true, 0, [owner('nopreempt')]]);
  });

  test(`to ${to}: neither of any other`, () => {
    assert.deepEqual(converted(to, ['state BACKUP', 'nopreempt']), [false, 0, []]);
    assert.deepEqual(converted(to, ['priority 150', 'preempt_delay 30']), [true, 30_000, []]);
    assert.deepEqual(converted(to, ['state BACKUP', 'priority 255', 'preempt_delay 3']), [true, 3000, []]);
  });

  test(`to ${to}: in strict mode nobody but the owner starts as MASTER`, () => {
    const lines = ['state MASTER', 'priority 150', 'nopreempt'];
    assert.deepEqual(converted(to, lines, 'vrrp_strict'), [false, 0, []]);
    assert.deepEqual(converted(to, [...lines, 'strict_mode']), [false, 0, []]);
    const lenient = [...lines, 'strict_mode off'];
    assert.deepEqual(converted(to, lenient, 'vrrp_strict'), [true, 0, [master('nopreempt')]]);
    const owns = ['state BACKUP', 'priority 255', 'preempt_delay 3'];
    assert.deepEqual(converted(to, owns, 'vrrp_strict'), [true, 0, [owner('preempt_delay')]]);
  });
}
