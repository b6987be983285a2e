import { passwordPath, passwordRemark } from '../conversion.js';
import { heeded } from './heeded.js';
import type { Statement } from './parser.js';
import { routes, rules } from './routes.js';
import {
  addressesOf,
  type BlockAddress,
  DEFAULT_PRIORITY,
  hostOf,
  INCLUDE,
  INTERVAL,
  interfaceOf,
  type NumberRange,
  numberOf,
  PREEMPT_DELAY,
  priorityOf,
  REFRESH,
  type Remark,
  ROUTER_ID,
  TTL,
} from './values.js';

/** A vhid under way: its settings as they are found. */
export type Vhid = Record<string, unknown>;

/** What becomes of a statement. */
export type Take = (vhid: Vhid, statement: Statement, remark: Remark) => void;

/** Highest priority of VRRP that an instance can be given. */
const MAX_PRIORITY = 254;

/** Takes a number, if the statement says one. */
export const number: (name: string, of?: (value: number) => number, range?: NumberRange) => Take =
  (name, of = (value) => value, range) =>
  (vhid, statement, remark) => {
    const value = numberOf(statement, remark, range);
    if (value !== undefined) vhid[name] = of(value);
  };

const seconds = (name: string, range: NumberRange): Take =>
  number(name, (value) => Math.round(value * 1000), range);

/** Neither needed nor missed. */
const nothing: Take = () => undefined;

const left: (why: string) => Take =
  (why) =>
  (_vhid, { words, line }, remark) =>
    remark(line, `${words[0]}: ${why}`);

/** About programs that are told of a change. */
const script = left('the module hooks runs it, with form: keepalived: see docs/hooks.md');
const tracked = left('the module health has checks that demote: see docs/health.md');

/** What becomes of each statement of a vrrp_instance. */
const STATEMENTS: Readonly<Record<string, Take>> = {
  interface: (vhid, statement, remark) => {
    vhid['ifname'] = interfaceOf(statement, remark) ?? '';
  },
  virtual_router_id: number('vhid', undefined, ROUTER_ID),
  priority: (vhid, statement, remark) => {
    vhid['advskew'] = Math.max(0, MAX_PRIORITY - priorityOf(statement, remark));
  },
  advert_int: (vhid, statement, remark) => {
    const interval = numberOf(statement, remark, INTERVAL);
    if (interval === undefined) return;
    const { line } = statement;
    vhid['advbase'] = Math.max(1, Math.ceil(interval));
    if (vhid['advbase'] !== interval)
      remark(
        line,
        `advert_int ${interval} became ${Number(vhid['advbase'])} s: shorter intervals are advbase 0 with an advskew`,
      );
  },
  nopreempt: (vhid) => {
    vhid['preempt'] = false;
  },
  preempt: nothing,
  preempt_delay: seconds('preemptDelay', PREEMPT_DELAY),
  garp_master_refresh: seconds('garpRefresh', REFRESH),
  virtual_ipaddress: addresses,
  virtual_ipaddress_excluded: addresses,
  unicast_peer: (vhid, statement, remark) => {
    vhid['peers'] = addressesOf(statement, remark).map(({ host }) => host);
  },
  unicast_src_ip: source,
  mcast_src_ip: source,
  unicast_ttl: number('ttl', undefined, TTL),
  use_vmac: (vhid) => {
    vhid['virtualMac'] = 'service';
  },
  vmac_xmit_base: nothing,
  dont_track_primary: (vhid) => {
    vhid['ignoreLinkState'] = true;
  },
  authentication: nothing,
  native_ipv6: nothing,
  debug: nothing,
  accept: nothing,
  no_accept: left('a MASTER of CARP answers on its addresses: drop what is for them in the firewall'),
  strict_mode: left('it is about the rules of VRRP'),
  state: left('every host starts as BACKUP, and the lowest advskew becomes MASTER'),
  version: left('CARP has one version'),
  track_interface: tracked,
  track_script: tracked,
  track_process: tracked,
  track_file: tracked,
  track_bfd: tracked,
  notify: script,
  notify_master: script,
  notify_backup: script,
  notify_fault: script,
  notify_stop: script,
  notify_master_rx_lower_pri: script,
  smtp_alert: script,
  virtual_routes: routes,
  virtual_rules: rules,
  garp_master_repeat: left('sysctl net.link.notify_peers.count says how often all addresses are announced'),
};

/**
 * One vrrp_instance as a vhid.
 *
 * @param strict whether it is in strict mode, unless it says otherwise
 */
export function convertInstance(
  { words, block = [], line }: Statement,
  strict: boolean,
  remark: Remark,
): Vhid {
  const name = words[1] ?? 'unnamed';
  const path = passwordPath(name);
  const vhid: Vhid = { ifname: '', vhid: 0, passwordFile: path, addresses: [], preempt: true };
  // Without a priority `state MASTER` means 255 to keepalived.
  const preferred = block.some(({ words: [kind, value] }) => kind === 'state' && value === 'MASTER');
  vhid['advskew'] = preferred ? 0 : MAX_PRIORITY - DEFAULT_PRIORITY;
  const note: Remark = (at, text) => remark(at, `${name}: ${text}`);
  for (const statement of heeded(block, strict, note)) {
    const take = sharedWords(statement.words[0] ?? '');
    if (take === undefined) note(statement.line, unknown(statement));
    else take(vhid, statement, note);
  }
  const signed = block.some((each) => each.words[0] === 'authentication');
  note(
    line,
    signed
      ? passwordRemark(path)
      : `CARP signs what it sends: write a password into ${path}, the same on all hosts, mode 0600`,
  );
  remarkAddresses(vhid, 'CARP', (text) => note(line, text));
  return vhid;
}

/** What to say of a statement that nothing is made of. */
export function unknown({ words: [kind = '', ...words] }: Statement): string {
  if (INCLUDE.test(kind)) return `${kind} ${words.join(' ')}: not read: write its lines in place of this one`;
  const [, not, host] = /^@(\^?)(\S+)$/.exec(kind) ?? [];
  if (host === undefined) return `${kind}: no counterpart`;
  const whom = `hosts that run keepalived ${not === '' ? 'with' : 'without'} -i ${host}`;
  return `${kind} ${words.join(' ')}: it is for ${whom}, and not converted`;
}

function addresses(vhid: Vhid, statement: Statement, remark: Remark): void {
  for (const each of addressesOf(statement, remark)) {
    (vhid['addresses'] as string[]).push(each.address);
    remarkDevice(vhid, each, 'vhid', remark);
  }
}

/** keepalived runs without an address too, where scripts move one. */
export function remarkAddresses(vhid: Vhid, protocol: string, note: (text: string) => void): void {
  if ((vhid['addresses'] as string[]).length > 0) return;
  note(
    `it has no virtual_ipaddress, and ${protocol} needs one: name what the scripts move, with manageAddresses: false`,
  );
}

/** Says of an address that keepalived puts on another interface that it does not go there. */
export function remarkDevice(
  vhid: Vhid,
  { line, word, device }: BlockAddress,
  of: 'vhid' | 'router',
  remark: Remark,
): void {
  if (device === undefined || device === vhid['ifname']) return;
  remark(
    line,
    `${word} goes to the interface of its ${of}, not to ${device}: a provider of yours can put it there (docs/vip.md)`,
  );
}

/** What becomes of a statement that VRRP's routers have as CARP's vhids do. */
export function sharedWords(kind: string): Take | undefined {
  return Object.hasOwn(STATEMENTS, kind) ? STATEMENTS[kind] : undefined;
}

function source(vhid: Vhid, { words: [kind, address = ''], line }: Statement, remark: Remark): void {
  const host = hostOf(address);
  if (host !== undefined) vhid[host.includes(':') ? 'source6' : 'source'] = host;
  else remark(line, `${kind}: ${address === '' ? 'it names none' : `${address} is no address`}`);
}
