import { isIP } from 'node:net';
import type { Statement } from './parser.js';

/** Takes a line about something that has no counterpart. */
type Remark = (line: number, text: string) => void;

/** An entry under way: its settings as they are found, and the words that have no counterpart. */
interface Entry {
  readonly settings: Record<string, unknown>;
  readonly unknown: string[];
}

type Take = (entry: Entry, value: string) => void;

const text: (name: string) => Take =
  (name) =>
  ({ settings }, value) => {
    settings[name] = value;
  };

const number: (name: string) => Take =
  (name) =>
  ({ settings, unknown }, value) => {
    const given = Number(value);
    if (Number.isInteger(given)) settings[name] = given;
    else unknown.push(`${name} ${value}`);
  };

/** iproute2 knows this one by name on every host. */
const table: Take = (entry, value) => number('table')(entry, value === 'main' ? '254' : value);

const network: (name: string) => Take =
  (name) =>
  ({ settings, unknown }, value) => {
    if (value === 'default' || value === 'all') settings[name] = value;
    else if (isNetwork(value)) settings[name] = withLength(value);
    else unknown.push(`${name} ${value}`);
  };

/** Follows from the rest. */
const nothing: Take = () => undefined;

/** Words of virtual_routes that have a value. */
const ROUTE: Readonly<Record<string, Take>> = {
  to: network('to'),
  src: text('source'),
  via: text('via'),
  gw: text('via'),
  dev: text('dev'),
  oif: text('dev'),
  table,
  metric: number('metric'),
  priority: number('metric'),
  preference: number('metric'),
  scope: nothing,
};
const KINDS: readonly string[] = ['unicast', 'blackhole', 'unreachable', 'prohibit'];

/** Words of virtual_rules. */
const RULE: Readonly<Record<string, Take>> = {
  from: network('from'),
  to: network('to'),
  iif: text('iif'),
  dev: text('iif'),
  oif: text('oif'),
  fwmark: number('fwmark'),
  table,
  lookup: table,
  priority: number('priority'),
  preference: number('priority'),
  order: number('priority'),
};

/** virtual_routes of an instance as `routes` of its vhid. */
export function routes(vhid: Record<string, unknown>, { block = [] }: Statement, remark: Remark): void {
  for (const { words, line } of block) {
    const entry: Entry = { settings: {}, unknown: [] };
    for (let at = 0; at < words.length; at++) {
      const word = words[at]!;
      const take = ROUTE[word];
      if (take !== undefined) take(entry, words[++at] ?? '');
      else if (KINDS.includes(word)) entry.settings['kind'] = word;
      else if (word === 'onlink') entry.settings['onlink'] = true;
      else if (isNetwork(word) && entry.settings['to'] === undefined) network('to')(entry, word);
      else entry.unknown.push(word);
    }
    if (entry.settings['dev'] === vhid['ifname']) delete entry.settings['dev'];
    enter(vhid, 'routes', entry, entry.settings['to'] === undefined, { words, line }, remark);
  }
}

/** virtual_rules of an instance as `rules` of its vhid. */
export function rules(vhid: Record<string, unknown>, { block = [] }: Statement, remark: Remark): void {
  for (const { words, line } of block) {
    const entry: Entry = { settings: {}, unknown: [] };
    for (let at = 0; at < words.length; at += 2) {
      const take = RULE[words[at]!];
      if (take === undefined) entry.unknown.push(words[at]!);
      else take(entry, words[at + 1] ?? '');
    }
    for (const side of ['from', 'to']) if (entry.settings[side] === 'all') delete entry.settings[side];
    enter(vhid, 'rules', entry, entry.settings['table'] === undefined, { words, line }, remark);
  }
}

/** One that is not wholly understood is left to its reader: half of it would send packets elsewhere. */
function enter(
  vhid: Record<string, unknown>,
  name: 'routes' | 'rules',
  { settings, unknown }: Entry,
  incomplete: boolean,
  { words, line }: Pick<Statement, 'words' | 'line'>,
  remark: Remark,
): void {
  if (incomplete || unknown.length > 0) {
    const why = unknown.length > 0 ? ` (${unknown.join(', ')})` : '';
    return remark(line, `${words.join(' ')}: write it by hand into ${name}, or into a hook${why}`);
  }
  vhid[name] = [...((vhid[name] as object[] | undefined) ?? []), settings];
}

/** An address, with or without a length, or `default`. */
export function isNetwork(word: string): boolean {
  const [, host = '', length = '0'] = /^([^/]+)(?:\/(\d+))?$/.exec(word) ?? [];
  return word === 'default' || (isIP(host) !== 0 && Number(length) <= (isIP(host) === 4 ? 32 : 128));
}

/** keepalived takes an address without a length for itself alone. */
export function withLength(address: string): string {
  if (address.includes('/')) return address;
  return `${address}/${address.includes(':') ? 128 : 32}`;
}
