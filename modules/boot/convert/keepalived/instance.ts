import { passwordPath, passwordRemark } from '../conversion.js';
import type { Statement } from './parser.js';
import { routes, rules, withLength } from './routes.js';

/** Takes a line about something that has no counterpart. */
export type Remark = (line: number, text: string) => void;

/** A vhid under way: its settings as they are found. */
export type Vhid = Record<string, unknown>;

type Take = (vhid: Vhid, statement: Statement, remark: Remark) => void;

/** Highest priority of VRRP that an instance can be given. */
const MAX_PRIORITY = 254;

const seconds: (name: string) => Take =
  (name) =>
  (vhid, { words }) => {
    vhid[name] = Math.round(Number(words[1]) * 1000);
  };

const word: (name: string) => Take =
  (name) =>
  (vhid, { words }) => {
    vhid[name] = words[1];
  };

const whole: (name: string) => Take =
  (name) =>
  (vhid, { words }) => {
    vhid[name] = Number(words[1]);
  };

/** Neither needed nor missed. */
const nothing: Take = () => undefined;

const left: (why: string) => Take =
  (why) =>
  (_vhid, { words, line }, remark) =>
    remark(line, `${words[0]}: ${why}`);

const script = left('the module hooks runs it, with form: keepalived: see docs/hooks.md');
const tracked = left('the module health has checks that demote: see docs/health.md');

/** What becomes of each statement of a vrrp_instance. */
const STATEMENTS: Readonly<Record<string, Take>> = {
  interface: word('ifname'),
  virtual_router_id: whole('vhid'),
  priority: (vhid, { words }) => {
    vhid['advskew'] = Math.max(0, MAX_PRIORITY - Number(words[1]));
  },
  advert_int: (vhid, { words, line }, remark) => {
    const interval = Number(words[1]);
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
  preempt_delay: seconds('preemptDelay'),
  garp_master_refresh: seconds('garpRefresh'),
  virtual_ipaddress: addresses,
  virtual_ipaddress_excluded: addresses,
  unicast_peer: (vhid, { block = [] }) => {
    vhid['peers'] = block.map(({ words }) => words[0]);
  },
  unicast_src_ip: source,
  mcast_src_ip: source,
  unicast_ttl: whole('ttl'),
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

/** One vrrp_instance as a vhid. */
export function convertInstance({ words, block = [], line }: Statement, remark: Remark): Vhid {
  const name = words[1] ?? 'unnamed';
  const path = passwordPath(name);
  const vhid: Vhid = { ifname: '', vhid: 0, passwordFile: path, addresses: [], preempt: true };
  // Without a priority `state MASTER` means 255 to keepalived.
  const preferred = block.some(({ words: [kind, value] }) => kind === 'state' && value === 'MASTER');
  vhid['advskew'] = preferred ? 0 : MAX_PRIORITY - 100;
  const note: Remark = (at, text) => remark(at, `${name}: ${text}`);
  for (const statement of block) {
    const take = STATEMENTS[statement.words[0] ?? ''];
    if (take === undefined) note(statement.line, `${statement.words[0]}: no counterpart`);
    else take(vhid, statement, note);
  }
  const signed = block.some((each) => each.words[0] === 'authentication');
  note(
    line,
    signed
      ? passwordRemark(path)
      : `CARP signs what it sends: write a password into ${path}, the same on all hosts, mode 0600`,
  );
  return vhid;
}

function addresses(vhid: Vhid, { block = [] }: Statement, remark: Remark): void {
  for (const { words, line } of block) {
    (vhid['addresses'] as string[]).push(withLength(words[0]!));
    const device = words[words.indexOf('dev') + 1];
    if (words.includes('dev') && device !== vhid['ifname'])
      remark(line, `${words[0]} goes to the interface of its vhid, not to ${device}`);
  }
}

/** What becomes of a statement that VRRP's routers have as CARP's vhids do. */
export function sharedWords(kind: string): Take | undefined {
  return STATEMENTS[kind];
}

function source(vhid: Vhid, { words }: Statement): void {
  vhid[words[1]?.includes(':') ? 'source6' : 'source'] = words[1];
}
