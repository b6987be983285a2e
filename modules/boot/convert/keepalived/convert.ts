import type { Conversion } from '../conversion.js';
import { convertInstance, sharedWords, unknown, type Vhid } from './instance.js';
import { parseKeepalived, type Statement } from './parser.js';
import { convertRouter, finishRouter } from './router.js';
import {
  DOWN_ADVERTS,
  INCLUDE,
  type NumberRange,
  numberOf,
  REFRESH,
  REPEAT,
  type Remark,
  STARTUP_DELAY,
  VERSION,
} from './values.js';

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
  const { statements, strays } = parseKeepalived(text);
  for (const { line, about } of strays) remark(line, about);
  const strict = areStrict(statements);
  const vhids = new Map<string, Vhid>();
  for (const each of statements.filter(({ words }) => words[0] === 'vrrp_instance')) {
    const [, name = ''] = each.words;
    if (vhids.has(name)) remark(each.line, `vrrp_instance ${name}: a second one, which keepalived ignores`);
    else vhids.set(name, (toVrrp ? convertRouter : convertInstance)(each, strict, remark));
  }
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

/** Whether the instances are in strict mode, but for those that say otherwise. */
function areStrict(statements: readonly Statement[]): boolean {
  const globals = statements.filter(({ words }) => words[0] === 'global_defs');
  return globals.some(({ block = [] }) => block.some(({ words }) => words[0] === 'vrrp_strict'));
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
  else if (kind.startsWith('@')) remark(statement.line, unknown(statement));
  else if (Object.hasOwn(CHECKS, kind))
    remark(
      statement.line,
      `${kind} ${name}: the module health has checks of kind: ${CHECKS[kind]}: see docs/health.md`,
    );
  else if (IPVS.includes(kind))
    remark(statement.line, `${statement.words.join(' ')}: keep keepalived for it, without its vrrp_instance`);
  else if (INCLUDE.test(kind)) remark(statement.line, `${kind} ${name}: convert that file by itself`);
  else if (kind !== '') remark(statement.line, `${statement.words.join(' ')}: no counterpart`);
}

/** What instances track by name, and its kind here. */
const CHECKS: Readonly<Record<string, string | undefined>> = {
  vrrp_script: 'command',
  track_file: 'file',
  vrrp_track_file: 'file',
  track_process: 'process',
  vrrp_track_process: 'process',
};
/** What stays with keepalived. */
const IPVS = ['virtual_server', 'virtual_server_group', 'local_address_group'];
/** What a group has as its instances do: a remark is made of each. */
const GROUP_STATEMENTS = /^(notify|track_|smtp_alert)/;

/** Instances that leave and become MASTER together. */
function syncGroup({ words, block = [] }: Statement, vhids: ReadonlyMap<string, Vhid>, remark: Remark): void {
  for (const statement of block) {
    const [kind = ''] = statement.words;
    const note: Remark = (line, text) => remark(line, `${words[1]}: ${text}`);
    if (kind !== 'group') {
      const take = GROUP_STATEMENTS.test(kind) ? sharedWords(kind) : undefined;
      if (take === undefined) note(statement.line, unknown(statement));
      else take({}, statement, note);
      continue;
    }
    for (const member of statement.block?.flatMap((each) => each.words) ?? []) {
      const vhid = vhids.get(member);
      if (vhid !== undefined) vhid['failoverGroup'] = words[1];
      else remark(statement.line, `${words[1]}: there is no vrrp_instance ${member}`);
    }
  }
}

type Global = (statement: Statement, remark: Remark) => Vhid;

function numeric(name: string, factor = 1, range?: NumberRange): Global {
  return (statement, remark) => {
    const value = numberOf(statement, remark, range);
    return value === undefined ? {} : { [name]: value * factor };
  };
}

/** Those that all instances share. */
const GLOBALS: Readonly<Record<string, Global>> = {
  vrrp_startup_delay: numeric('startupDelay', 1000, STARTUP_DELAY),
  vrrp_mcast_group4: ({ words: [, group] }) => ({ group }),
  vrrp_mcast_group6: ({ words: [, group6] }) => ({ group6 }),
  vrrp_garp_master_refresh: numeric('garpRefresh', 1000, REFRESH),
};

/** The same for VRRP, whose group is a fixed one. */
const VRRP_GLOBALS: typeof GLOBALS = {
  vrrp_startup_delay: GLOBALS['vrrp_startup_delay']!,
  vrrp_garp_master_refresh: GLOBALS['vrrp_garp_master_refresh']!,
  vrrp_garp_master_repeat: numeric('garpCount', 1, REPEAT),
  vrrp_version: numeric('version', 1, VERSION),
  vrrp_strict: () => ({ strict: true }),
  vrrp_down_timer_adverts: numeric('downAdverts', 1, DOWN_ADVERTS),
};

function globals(
  { block = [] }: Statement,
  vhids: ReadonlyMap<string, Vhid>,
  known: typeof GLOBALS,
  remark: Remark,
): void {
  const note: Remark = (line, text) => remark(line, `global_defs: ${text}`);
  for (const statement of block) {
    const [kind = ''] = statement.words;
    const global = Object.hasOwn(known, kind) ? known[kind] : undefined;
    if (global === undefined) {
      note(statement.line, unknown(statement));
      continue;
    }
    const shared = global(statement, note);
    for (const vhid of vhids.values()) Object.assign(vhid, { ...shared, ...vhid });
  }
}
