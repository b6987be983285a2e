/** What rulesets do to an advertisement: a drop is reported if it is certain, and only then. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { FirewallPacket } from '../../../modules/doctor/firewall/packet.js';
import { Firewall } from '../../../modules/doctor/firewall/ruleset.js';
import { InetAddress } from '../../../modules/ifnet/index.js';

type Expression = Record<string, unknown>;

const CHAIN = {
  family: 'inet',
  table: 'f',
  name: 'i',
  type: 'filter',
  hook: 'input',
  prio: 0,
  policy: 'accept',
};
const IN: FirewallPacket = {
  direction: 'in',
  family: 4,
  ifname: 'eth0',
  source: undefined,
  destination: InetAddress.parse('224.0.0.18'),
};

const match = (left: Expression, right: unknown, op = '=='): Expression => ({ match: { op, left, right } });
const meta = (key: string): Expression => ({ meta: { key } });
const field = (protocol: string, name: string): Expression => ({ payload: { protocol, field: name } });
const DROP = { drop: null };
const jumpTo = (target: string): Expression[] => [{ jump: { target } }];
const ACCEPT = { accept: null };

/** The handle of the rule that drops, `policy`, or undefined. */
function verdict(
  rules: readonly (readonly Expression[])[],
  {
    packet = IN,
    chain = {},
    others = [],
  }: { packet?: FirewallPacket; chain?: object; others?: object[] } = {},
): string | undefined {
  const own = { ...CHAIN, ...chain };
  const { family, table, name } = own;
  const nftables = [
    { metainfo: {} },
    { chain: own },
    ...rules.map((expr, i) => ({ rule: { family, table, chain: name, handle: i + 1, expr } })),
    ...others,
  ];
  return new Firewall({ nftables }).drops(packet)?.rule.replace(/^.* /, '');
}

describe('a ruleset', () => {
  it('drops by policy, unless a rule lets it through', () => {
    const chain = { policy: 'drop' };
    assert.equal(verdict([], { chain }), 'policy');
    for (const name of ['vrrp', 'carp', 112])
      assert.equal(verdict([[match(meta('l4proto'), name), ACCEPT]], { chain }), undefined);
    assert.equal(verdict([[match(meta('l4proto'), 'tcp'), ACCEPT]], { chain }), 'policy');
    assert.equal(verdict([[match(field('tcp', 'dport'), 22), ACCEPT]], { chain }), 'policy');
    assert.equal(
      verdict([[match({ ct: { key: 'state' } }, ['established', 'related'], 'in'), ACCEPT]], { chain }),
      'policy',
    );
  });

  it('drops by a rule that fits', () => {
    const group = { prefix: { addr: '224.0.0.0', len: 4 } };
    for (const fits of [
      match(field('ip', 'protocol'), { set: ['tcp', 'vrrp'] }),
      match(field('ip', 'protocol'), { range: [100, 200] }),
      match(field('ip', 'daddr'), group),
      match(field('ip', 'daddr'), { set: [group] }),
      match(field('ip', 'daddr'), '224.0.0.18'),
      match(meta('pkttype'), { set: ['broadcast', 'multicast'] }),
      match(meta('iifname'), 'eth*'),
      match(meta('iifname'), 'eth1', '!='),
      match(meta('nfproto'), 'ipv4'),
    ])
      assert.equal(verdict([[fits, { counter: {} }, DROP]]), '1', JSON.stringify(fits));
    for (const not of [
      match(field('ip', 'daddr'), '10.0.0.1'),
      match(field('ip6', 'nexthdr'), 'vrrp'),
      match(meta('oifname'), 'eth0', '!='),
      match(meta('l4proto'), 'vrrp', '!='),
    ])
      assert.equal(verdict([[not, DROP]]), undefined, JSON.stringify(not));
    assert.equal(verdict([[{ reject: { type: 'icmp' } }]]), '1');
  });

  it('says nothing where it is not certain', () => {
    const chain = { policy: 'drop' };
    const odd = [match(meta('mark'), 7), match(field('ip', 'saddr'), '10.0.0.1'), { xt: null }];
    for (const unknown of odd) {
      assert.equal(verdict([[unknown, DROP]]), undefined);
      assert.equal(verdict([[unknown, ACCEPT]], { chain }), undefined);
    }
    assert.equal(verdict([[{ queue: {} }]], { chain }), undefined);
    assert.equal(verdict([[match(meta('iifname'), '@missing'), ACCEPT]], { chain }), undefined);
  });

  it('jumps, returns and maps', () => {
    const other = (...expr: Expression[]): object[] => [
      { chain: { family: 'inet', table: 'f', name: 'other' } },
      { rule: { family: 'inet', table: 'f', chain: 'other', handle: 9, expr } },
    ];
    const jump = { jump: { target: 'other' } };
    assert.equal(verdict([[jump]], { others: other(DROP) }), '9');
    assert.equal(verdict([[jump], [DROP]], { others: other({ return: null }) }), '2');
    assert.equal(verdict([[jump], [DROP]], { others: other(ACCEPT) }), undefined);
    assert.equal(
      verdict([[{ goto: { target: 'other' } }], [DROP]], { others: other({ counter: {} }) }),
      undefined,
    );
    assert.equal(verdict([[jump]], { others: other(jump) }), undefined, 'a circle');
    const map = (data: unknown[]): Expression => ({ vmap: { key: meta('iifname'), data: { set: data } } });
    assert.equal(verdict([[map([['eth0', DROP]])]]), '1');
    assert.equal(verdict([[map([['lo', ACCEPT]])], [DROP]]), '2');
    const sets = [{ set: { family: 'inet', table: 'f', name: 'ours', elem: ['eth0'] } }];
    assert.equal(verdict([[match(meta('iifname'), '@ours'), DROP]], { others: sets }), '1');
  });

  it('concerns a direction, a family and a device', () => {
    const all = { policy: 'drop' };
    const IN6: FirewallPacket = { ...IN, family: 6, destination: InetAddress.parse('ff02::12') };
    assert.equal(verdict([], { chain: { ...all, family: 'ip' } }), 'policy');
    assert.equal(verdict([], { chain: { ...all, family: 'ip' }, packet: IN6 }), undefined);
    assert.equal(verdict([], { chain: { ...all, family: 'ip6' }, packet: IN6 }), 'policy');
    assert.equal(
      verdict([[match(field('ip6', 'daddr'), { prefix: { addr: 'ff00::', len: 8 } }), DROP]], {
        packet: IN6,
      }),
      '1',
    );
    assert.equal(verdict([], { chain: { ...all, hook: 'output' } }), undefined);
    assert.equal(
      verdict([], { chain: { ...all, hook: 'output' }, packet: { ...IN, direction: 'out' } }),
      'policy',
    );
    assert.equal(verdict([], { chain: { ...all, hook: 'forward' } }), undefined);
    const netdev = { ...all, family: 'netdev', hook: 'ingress', dev: 'eth0' };
    assert.equal(verdict([], { chain: netdev }), 'policy');
    assert.equal(verdict([], { chain: { ...netdev, dev: ['eth1'] } }), undefined);
  });

  it('of any form is read', () => {
    for (const odd of [
      undefined,
      null,
      {},
      { nftables: 7 },
      { nftables: [null, { rule: {} }, { chain: {} }] },
    ])
      assert.equal(new Firewall(odd).drops(IN), undefined);
  });

  it('walks each chain once: jumps to jumps to jumps would take for ever', () => {
    const names = Array.from({ length: 14 }, (_, i) => `c${i}`);
    const others = names.flatMap((name, i) => [
      { chain: { family: 'inet', table: 'f', name } },
      ...Array.from({ length: 50 }, (_, handle) => ({
        rule: { family: 'inet', table: 'f', chain: name, handle, expr: jumpTo(names[i + 1] ?? 'end') },
      })),
    ]);
    others.push({ chain: { family: 'inet', table: 'f', name: 'end' } });
    assert.equal(verdict([jumpTo('c0'), [DROP]], { others }), '2');
  });

  it('is sure of nothing where chains jump in a circle', () => {
    const others = [
      { chain: { family: 'inet', table: 'f', name: 'a' } },
      { rule: { family: 'inet', table: 'f', chain: 'a', handle: 9, expr: jumpTo('a') } },
    ];
    assert.equal(verdict([jumpTo('a'), [DROP]], { others }), undefined);
  });

  it('takes an element that begins with @ for a name', () => {
    const others = [{ set: { family: 'inet', table: 'f', name: 'x', elem: ['@x', 'eth0'] } }];
    assert.equal(verdict([[match(meta('iifname'), '@x'), DROP]], { others }), '1');
  });

  it('never throws, whatever stands in the document', () => {
    const words =
      'chain rule set expr match left right meta payload ct key jump goto target vmap data elem prefix range op drop family';
    const key = fc.constantFrom(...words.split(' '));
    const leaf = fc.constantFrom(null, 0, '', 'inet', 'f', 'i', 'input', '==', 'iifname', '@x', true);
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6 },
        leaf,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    const statement = fc.oneof(tree, fc.dictionary(key, tree, { maxKeys: 2, noNullPrototype: true }));
    fc.assert(
      fc.property(fc.array(statement), fc.array(tree), (expr, others) => {
        verdict([expr as Expression[]], { others: others as object[] });
      }),
      { numRuns: 2000 },
    );
  });
});
