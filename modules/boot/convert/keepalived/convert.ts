import type { Conversion } from '../conversion.js';
import { convertInstance, type Remark, type Vhid } from './instance.js';
import { parseKeepalived, type Statement } from './parser.js';
import { convertRouter, finishRouter } from './router.js';

/**
 * Converts the VRRP part of keepalived.conf(5) to CARP, or to VRRP, which goes on beside keepalived on other hosts. CARP does
 * not: all hosts of a virtual router change over together.
 *
 * @param file its name, for remarks
 */
export function convertKeepalived(text: string, file: string, to: 'carp' | 'vrrp' = 'carp'): Conversion {
  const toVrrp = to === 'vrrp';
  const remarks: { line: number; about: string }[] = [];
  const remark: Remark = (line, about) => void remarks.push({ line, about });
  const statements = parseKeepalived(text);
  const instances = statements.filter(({ words }) => words[0] === 'vrrp_instance');
  const vhids = new Map(
    instances.map((each) => [each.words[1] ?? '', (toVrrp ? convertRouter : convertInstance)(each, remark)]),
  );
  for (const statement of statements) convertOther(statement, vhids, toVrrp ? VRRP_GLOBALS : GLOBALS, remark);
  const made = [...vhids].map(([name, each]) => (toVrrp ? finishRouter(each, name, remark) : each));
  const sorted = remarks.toSorted((a, b) => a.line - b.line);
  const lines = sorted.map(({ line, about }) => `${file}:${line}: ${about}`);
  if (toVrrp) return { settings: { modules: { vrrp: { routers: made } } }, remarks: lines };
  return {
    settings: { modules: { carp: { vhids: made } } },
    remarks: [...lines, `${file}: CARP and VRRP do not hear each other: change all hosts over together`],
  };
}

function convertOther(
  statement: Statement,
  vhids: ReadonlyMap<string, Vhid>,
  shared: typeof GLOBALS,
  remark: Remark,
): void {
  const [kind = '', name] = statement.words;
  if (kind === 'vrrp_instance') return;
  if (kind === 'vrrp_sync_group') syncGroup(statement, vhids, remark);
  else if (kind === 'global_defs') globals(statement, vhids, shared, remark);
  else if (kind.startsWith('@'))
    remark(statement.line, `${kind}: lines for some hosts only are not converted`);
  else if (kind === 'include') remark(statement.line, `include ${name}: convert that file by itself`);
  else if (kind !== '') remark(statement.line, `${statement.words.join(' ')}: no counterpart`);
}

/** Instances that leave and become MASTER together. */
function syncGroup({ words, block = [] }: Statement, vhids: ReadonlyMap<string, Vhid>, remark: Remark): void {
  for (const statement of block) {
    if (statement.words[0] !== 'group') {
      remark(statement.line, `${words[1]}: ${statement.words[0]}: no counterpart`);
      continue;
    }
    for (const member of statement.block?.flatMap((each) => each.words) ?? []) {
      const vhid = vhids.get(member);
      if (vhid !== undefined) vhid['failoverGroup'] = words[1];
      else remark(statement.line, `${words[1]}: there is no vrrp_instance ${member}`);
    }
  }
}

/** Those that all instances share. */
const GLOBALS: Readonly<Record<string, (value: string) => Vhid>> = {
  vrrp_startup_delay: (value) => ({ startupDelay: Number(value) * 1000 }),
  vrrp_mcast_group4: (value) => ({ group: value }),
  vrrp_mcast_group6: (value) => ({ group6: value }),
  vrrp_garp_master_refresh: (value) => ({ garpRefresh: Number(value) * 1000 }),
};

/** The same for VRRP, whose group is a fixed one. */
const VRRP_GLOBALS: typeof GLOBALS = {
  vrrp_startup_delay: GLOBALS['vrrp_startup_delay']!,
  vrrp_garp_master_refresh: GLOBALS['vrrp_garp_master_refresh']!,
  vrrp_garp_master_repeat: (value) => ({ garpCount: Number(value) }),
  vrrp_version: (value) => ({ version: Number(value) }),
  vrrp_strict: () => ({ strict: true }),
  vrrp_down_timer_adverts: (value) => ({ downAdverts: Number(value) }),
};

function globals(
  { block = [] }: Statement,
  vhids: ReadonlyMap<string, Vhid>,
  known: typeof GLOBALS,
  remark: Remark,
): void {
  for (const { words, line } of block) {
    const [name = '', value = ''] = words;
    const shared = known[name];
    if (shared === undefined) remark(line, `global_defs: ${name}: no counterpart`);
    else for (const vhid of vhids.values()) Object.assign(vhid, { ...shared(value), ...vhid });
  }
}
