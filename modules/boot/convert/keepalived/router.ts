import { isIP } from 'node:net';
import { passwordPath, passwordRemark } from '../conversion.js';
import { heeded, OWNER_PRIORITY } from './heeded.js';
import {
  number,
  remarkAddresses,
  remarkDevice,
  sharedWords,
  type Take,
  unknown,
  type Vhid,
} from './instance.js';
import type { Statement } from './parser.js';
import {
  addressesOf,
  DEFAULT_PRIORITY,
  DOWN_ADVERTS,
  INTERVAL,
  isOff,
  priorityOf,
  REPEAT,
  type Remark,
  ROUTER_ID,
  TTL,
  VERSION,
  wordAfter,
} from './values.js';

const SECOND_MS = 1000;
const CENTISECOND_MS = 10;
const MAX_V3_MS = 40_950;

const flag: (name: string, value: boolean) => Take = (name, value) => (router) => {
  router[name] = value;
};

const MAX_PASSWORD = 8;

/** An instance has one family, and so one source. */
const source: Take = (router, statement, remark) => {
  const found: Vhid = {};
  sharedWords('unicast_src_ip')!(found, statement, remark);
  for (const address of Object.values(found)) router['source'] = address;
};

/** What becomes of each statement of a vrrp_instance that VRRP has, and of CARP's vhids another one. */
const STATEMENTS: Readonly<Record<string, Take>> = {
  virtual_router_id: number('vrid', undefined, ROUTER_ID),
  priority: (router, statement, remark) => {
    router['priority'] = priorityOf(statement, remark);
  },
  version: number('version', undefined, VERSION),
  advert_int: number('interval', (value) => Math.round(value * SECOND_MS), INTERVAL),
  down_timer_adverts: number('downAdverts', undefined, DOWN_ADVERTS),
  garp_master_repeat: number('garpCount', undefined, REPEAT),
  unicast_ttl: number('ttl', undefined, TTL),
  mcast_src_ip: source,
  unicast_src_ip: source,
  state: (router, { words }) => {
    router['owner'] = words[1] === 'MASTER';
  },
  accept: flag('accept', true),
  no_accept: flag('accept', false),
  strict_mode: (router, statement) => {
    router['strict'] = !isOff(statement);
  },
  use_vmac: (router) => {
    router['virtualMac'] = true;
  },
  v3_checksum_as_v2: (router) => {
    router['checksum'] = 'rfc9568';
  },
  old_unicast_checksum: (router, { words }) => {
    if (words[1] !== 'never') router['checksum'] = 'old-unicast';
  },
  virtual_ipaddress: addresses,
  virtual_ipaddress_excluded: (router, statement, remark) => {
    for (const each of addressesOf(statement, remark)) {
      (router['excluded'] as string[]).push(each.address);
      remarkDevice(router, each, 'router', remark);
    }
  },
};

/** One vrrp_instance as a virtual router. Its version is known when the globals are: see {@link finishRouter}. */
export function convertRouter({ words, block = [], line }: Statement, strict: boolean, remark: Remark): Vhid {
  const name = words[1] ?? 'unnamed';
  const router: Vhid = {
    ifname: '',
    vrid: 0,
    priority: undefined,
    addresses: [],
    excluded: [],
    virtualMac: false,
  };
  const note: Remark = (at, text) => remark(at, `${name}: ${text}`);
  const statements = heeded(block, strict, note);
  for (const statement of statements) {
    const [kind = ''] = statement.words;
    const take = Object.hasOwn(STATEMENTS, kind) ? STATEMENTS[kind] : sharedWords(kind);
    if (take === undefined) note(statement.line, unknown(statement));
    else take(router, statement, note);
  }
  remarkAddresses(router, 'VRRP', (text) => note(line, text));
  const { owner, ...rest } = router;
  return {
    ...rest,
    // Without a priority `state MASTER` means the owner.
    priority: router['priority'] ?? (owner === true ? OWNER_PRIORITY : DEFAULT_PRIORITY),
    block: statements,
  };
}

/**
 * keepalived speaks version 2 over IPv4 unless told otherwise, and rounds what a version cannot say.
 *
 * @param name the instance's
 */
export function finishRouter(given: Vhid, name: string, remark: Remark): Vhid {
  const note: Remark = (at, text) => remark(at, `${name}: ${text}`);
  const { block: statements, strict = false, version: asked = 2, ...router } = given;
  const block = statements as readonly Statement[];
  if (strict === true) beStrict(router, block, note);
  const { interval = SECOND_MS, accept = !strict, addresses, excluded, ...rest } = router;
  const [first = ''] = addresses as string[];
  const version = first.includes(':') ? 3 : asked;
  const said = sayable(Number(interval), version);
  const refuses = accept === false || (strict === true && version === 2);
  const authentication =
    strict === true ? undefined : block.find(({ words }) => words[0] === 'authentication');
  return {
    ...rest,
    addresses,
    ...peersOf(rest, first, block, note),
    ...passwordOf(authentication, version, name, note),
    ...(version === 2 && { version }),
    ...(said !== SECOND_MS && { interval: said }),
    ...((excluded as string[]).length > 0 && { excluded }),
    // An owner accepts whatever is set.
    ...(refuses && rest['priority'] !== OWNER_PRIORITY && { accept: false }),
  };
}

/** @returns the interval that keepalived makes of it, in ms */
function sayable(ms: number, version: unknown): number {
  if (version === 2) return Math.max(SECOND_MS, Math.round(ms / SECOND_MS) * SECOND_MS);
  return Math.min(MAX_V3_MS, Math.max(CENTISECOND_MS, Math.round(ms / CENTISECOND_MS) * CENTISECOND_MS));
}

/** What keepalived leaves out in strict mode; to peers that do not know the others' password, it would be another router. */
const NOT_STRICT: Readonly<Record<string, string | undefined>> = {
  authentication: undefined,
  preempt_delay: 'preemptDelay',
  down_timer_adverts: 'downAdverts',
};

function beStrict(router: Vhid, block: readonly Statement[], note: Remark): void {
  for (const { words, line } of block) {
    const [kind = ''] = words;
    if (!Object.hasOwn(NOT_STRICT, kind)) continue;
    note(line, `${kind}: keepalived ignores it in strict mode`);
    const setting = NOT_STRICT[kind];
    if (setting !== undefined) delete router[setting];
  }
}

/** An instance has one family in its advertisements: keepalived excludes the other one too. */
function addresses(router: Vhid, statement: Statement, remark: Remark): void {
  const own = router['addresses'] as string[];
  for (const each of addressesOf(statement, remark)) {
    const { line, word, address } = each;
    if (own.includes(address)) {
      remark(
        line,
        `${word} stands here twice, and keepalived up to 2.3.2 says it twice: take it out on all hosts`,
      );
      continue;
    }
    const fits = own.length === 0 || own[0]!.includes(':') === address.includes(':');
    (fits ? own : (router['excluded'] as string[])).push(address);
    remarkDevice(router, each, 'router', remark);
  }
}

/** keepalived skips those of another family. */
function peersOf({ peers }: Vhid, first: string, block: readonly Statement[], note: Remark): Vhid {
  if (!Array.isArray(peers)) return {};
  const { line } = block.findLast(({ words }) => words[0] === 'unicast_peer')!;
  const [own = [], other = []] = [true, false].map((same) =>
    (peers as string[]).filter(
      (peer) => (first === '' || isIP(peer) === isIP(first.split('/')[0]!)) === same,
    ),
  );
  for (const peer of other) note(line, `${peer}: of another family than the addresses, left out`);
  return { peers: own };
}

function passwordOf(
  authentication: Statement | undefined,
  version: unknown,
  name: string,
  note: Remark,
): Vhid {
  if (authentication === undefined) return {};
  const { block = [], line } = authentication;
  const all = block.flatMap(({ words }) => words);
  const type = wordAfter(all, 'auth_type');
  if (version !== 2) {
    note(line, 'authentication: version 3 has none, and keepalived ignores it too');
    return {};
  }
  if (type === 'AH') {
    note(line, 'auth_type AH: no counterpart: version 2 with AH is not spoken');
    return {};
  }
  if (type !== 'PASS') {
    note(
      line,
      `auth_type ${type ?? 'is missing'}: keepalived knows PASS and AH only, and sends no password then`,
    );
    return {};
  }
  const path = passwordPath(name);
  note(line, `${passwordRemark(path)}${asSent(wordAfter(all, 'auth_pass') ?? '')}`);
  return { passwordFile: path };
}

/** What is easily missed of the password that keepalived sends. */
function asSent(password: string): string {
  const single = password.includes("'") ? "; with each ', which is a letter to keepalived" : '';
  return password.length > MAX_PASSWORD
    ? `${single}; its first 8 characters, which keepalived sends`
    : single;
}
