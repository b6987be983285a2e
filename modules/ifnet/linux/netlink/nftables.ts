/**
 * Requests to nf_tables (linux/netfilter/nf_tables.h). All numbers are in network byte order but those that are compared with
 * what the kernel has loaded into a register in its own.
 *
 * @module
 */
import { NLM_F_CREATE, NLM_F_EXCL } from './constants.js';
import { Request, u32 } from './message.js';

const NFNL_SUBSYS_NFTABLES = 10;
const NFNL_MSG_BATCH_BEGIN = 0x10;
const NFNL_MSG_BATCH_END = 0x11;
const NFT_MSG_NEWTABLE = 0;
const NFT_MSG_NEWCHAIN = 3;
const NFT_MSG_NEWRULE = 6;
const NFT_MSG_NEWSET = 9;
const NFT_MSG_NEWSETELEM = 12;
const NFT_MSG_DELSETELEM = 14;
const NFGENMSG = 4;
const NFPROTO_INET = 1;
const NLM_F_APPEND = 0x800;

/** The table is its socket's: nobody else can change it, and it goes with the socket. */
const NFT_TABLE_F_OWNER = 2;
const NF_INET_LOCAL_IN = 1;
const NF_ACCEPT = 1;
const NF_DROP = 0;

const NFTA_LIST_ELEM = 1;
const NFTA_TABLE_NAME = 1;
const NFTA_TABLE_FLAGS = 2;
const NFTA_CHAIN_TABLE = 1;
const NFTA_CHAIN_NAME = 3;
const NFTA_CHAIN_HOOK = 4;
const NFTA_CHAIN_POLICY = 5;
const NFTA_CHAIN_TYPE = 7;
const NFTA_HOOK_HOOKNUM = 1;
const NFTA_HOOK_PRIORITY = 2;
const NFTA_SET_TABLE = 1;
const NFTA_SET_NAME = 2;
const NFTA_SET_FLAGS = 3;
const NFTA_SET_KEY_TYPE = 4;
const NFTA_SET_KEY_LEN = 5;
const NFTA_SET_ID = 10;
const NFTA_SET_ELEM_LIST_TABLE = 1;
const NFTA_SET_ELEM_LIST_SET = 2;
const NFTA_SET_ELEM_LIST_ELEMENTS = 3;
const NFTA_SET_ELEM_KEY = 1;
const NFTA_RULE_TABLE = 1;
const NFTA_RULE_CHAIN = 2;
const NFTA_RULE_EXPRESSIONS = 4;
const NFTA_EXPR_NAME = 1;
const NFTA_EXPR_DATA = 2;
const NFTA_DATA_VALUE = 1;
const NFTA_DATA_VERDICT = 2;
const NFTA_VERDICT_CODE = 1;
const NFTA_META_DREG = 1;
const NFTA_META_KEY = 2;
const NFTA_CMP_SREG = 1;
const NFTA_CMP_OP = 2;
const NFTA_CMP_DATA = 3;
const NFTA_PAYLOAD_DREG = 1;
const NFTA_PAYLOAD_BASE = 2;
const NFTA_PAYLOAD_OFFSET = 3;
const NFTA_PAYLOAD_LEN = 4;
const NFTA_LOOKUP_SET = 1;
const NFTA_LOOKUP_SREG = 2;
const NFTA_IMMEDIATE_DREG = 1;
const NFTA_IMMEDIATE_DATA = 2;

/** Registers: the verdict, and those of 16 bytes, of which the second follows the first. */
const NFT_REG_VERDICT = 0;
const NFT_REG_1 = 1;
const NFT_REG_2 = 2;
const NFT_META_IIF = 4;
const NFT_META_NFPROTO = 15;
const NFT_META_L4PROTO = 16;
const NFT_CMP_EQ = 0;
const NFT_CMP_LTE = 3;
const NFT_CMP_GTE = 5;

/** The header that a part of a packet is counted from. */
export const NFT_PAYLOAD_NETWORK_HEADER = 1;
export const NFT_PAYLOAD_TRANSPORT_HEADER = 2;

/** One step of a rule; the first that does not hold ends the rule. */
export type NftExpression = (expression: Request) => void;

/** The kind of a set's keys: as nft(8) shows them, and as long as they are, in bytes. */
export interface NftKey {
  /** Numbers of nft(8)'s own: 7 ipv4_addr, 8 ipv6_addr, 20 iface_index; of a key of two parts the second in the low 6 bits. */
  readonly type: number;
  readonly bytes: number;
}

export const NFT_KEY_IPV4: NftKey = { type: 7, bytes: 4 };
export const NFT_KEY_IPV6: NftKey = { type: 8, bytes: 16 };
export const NFT_KEY_IPV6_IFINDEX: NftKey = { type: (8 << 6) | 20, bytes: 20 };

/** What a batch begins and ends with: the kernel carries out what is between them, all of it or nothing. */
export function batchEdges(): readonly [begin: Request, end: Request] {
  const edge = (type: number) => new Request(type, 0, header(0, NFNL_SUBSYS_NFTABLES)).unacknowledged;
  return [edge(NFNL_MSG_BATCH_BEGIN), edge(NFNL_MSG_BATCH_END)];
}

/** A table for IPv4 and IPv6 that lives as long as the socket. Refused with EEXIST if there is one of that name. */
export function newTable(name: string): Request {
  return request(NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL)
    .text(NFTA_TABLE_NAME, name)
    .be32(NFTA_TABLE_FLAGS, NFT_TABLE_F_OWNER);
}

/** @param id tells rules of the same batch which set they mean */
export function newSet(table: string, name: string, key: NftKey, id: number): Request {
  return request(NFT_MSG_NEWSET, NLM_F_CREATE)
    .text(NFTA_SET_TABLE, table)
    .text(NFTA_SET_NAME, name)
    .be32(NFTA_SET_FLAGS, 0)
    .be32(NFTA_SET_KEY_TYPE, key.type)
    .be32(NFTA_SET_KEY_LEN, key.bytes)
    .be32(NFTA_SET_ID, id);
}

/** A chain through which passes what is for the host itself, not what it forwards; what no rule drops goes on. */
export function newInputChain(table: string, name: string, priority: number): Request {
  return request(NFT_MSG_NEWCHAIN, NLM_F_CREATE)
    .text(NFTA_CHAIN_TABLE, table)
    .text(NFTA_CHAIN_NAME, name)
    .text(NFTA_CHAIN_TYPE, 'filter')
    .be32(NFTA_CHAIN_POLICY, NF_ACCEPT)
    .nested(NFTA_CHAIN_HOOK, (hook) =>
      hook.be32(NFTA_HOOK_HOOKNUM, NF_INET_LOCAL_IN).be32(NFTA_HOOK_PRIORITY, priority),
    );
}

export function newRule(table: string, chain: string, expressions: readonly NftExpression[]): Request {
  return request(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND)
    .text(NFTA_RULE_TABLE, table)
    .text(NFTA_RULE_CHAIN, chain)
    .nested(NFTA_RULE_EXPRESSIONS, (list) => {
      for (const expression of expressions) list.nested(NFTA_LIST_ELEM, expression);
    });
}

export function addElement(table: string, set: string, key: Uint8Array): Request {
  return element(NFT_MSG_NEWSETELEM, NLM_F_CREATE, table, set, key);
}

export function removeElement(table: string, set: string, key: Uint8Array): Request {
  return element(NFT_MSG_DELSETELEM, 0, table, set, key);
}

/** The packet is of this family. */
export function isFamily(family: 4 | 6): NftExpression[] {
  return [load(NFT_META_NFPROTO, NFT_REG_1), compare(NFT_CMP_EQ, family === 4 ? 2 : 10)];
}

/** The packet is of this protocol. */
export function isProtocol(protocol: number): NftExpression[] {
  return [load(NFT_META_L4PROTO, NFT_REG_1), compare(NFT_CMP_EQ, protocol)];
}

/** A byte of the packet is in a range. */
export function byteIsWithin(base: number, offset: number, least: number, most: number): NftExpression[] {
  return [part(base, offset, 1), compare(NFT_CMP_GTE, least), compare(NFT_CMP_LTE, most)];
}

/** A part of the packet is in a set; `arrival`: together with the index of the interface that it came by. */
export function isInSet(
  set: string,
  base: number,
  { offset, bytes, arrival = false }: { offset: number; bytes: number; arrival?: boolean },
): NftExpression[] {
  const lookup: NftExpression = named('lookup', (data) =>
    data.text(NFTA_LOOKUP_SET, set).be32(NFTA_LOOKUP_SREG, NFT_REG_1),
  );
  return [part(base, offset, bytes), ...(arrival ? [load(NFT_META_IIF, NFT_REG_2)] : []), lookup];
}

/** Counts what comes so far: `nft list ruleset` shows it. */
export const counted: NftExpression = named('counter', () => undefined);
/** What comes so far is for the host, as far as this chain is concerned. */
export const accepted: NftExpression = verdict(NF_ACCEPT);
export const dropped: NftExpression = verdict(NF_DROP);

/** A key of {@link NFT_KEY_IPV6_IFINDEX}: an index is in the machine's byte order. */
export function withIfindex(address: Uint8Array, index: number): Uint8Array {
  return Buffer.concat([address, u32(index)]);
}

function verdict(code: number): NftExpression {
  return named('immediate', (data) =>
    data
      .be32(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT)
      .nested(NFTA_IMMEDIATE_DATA, (value) =>
        value.nested(NFTA_DATA_VERDICT, (outcome) => outcome.be32(NFTA_VERDICT_CODE, code)),
      ),
  );
}

function load(key: number, register: number): NftExpression {
  return named('meta', (data) => data.be32(NFTA_META_KEY, key).be32(NFTA_META_DREG, register));
}

function part(base: number, offset: number, bytes: number): NftExpression {
  return named('payload', (data) =>
    data
      .be32(NFTA_PAYLOAD_DREG, NFT_REG_1)
      .be32(NFTA_PAYLOAD_BASE, base)
      .be32(NFTA_PAYLOAD_OFFSET, offset)
      .be32(NFTA_PAYLOAD_LEN, bytes),
  );
}

function compare(operation: number, byte: number): NftExpression {
  return named('cmp', (data) =>
    data
      .be32(NFTA_CMP_SREG, NFT_REG_1)
      .be32(NFTA_CMP_OP, operation)
      .nested(NFTA_CMP_DATA, (value) => value.attribute(NFTA_DATA_VALUE, Buffer.of(byte))),
  );
}

function named(name: string, fill: (data: Request) => void): NftExpression {
  return (expression) => void expression.text(NFTA_EXPR_NAME, name).nested(NFTA_EXPR_DATA, fill);
}

function element(type: number, flags: number, table: string, set: string, key: Uint8Array): Request {
  return request(type, flags)
    .text(NFTA_SET_ELEM_LIST_TABLE, table)
    .text(NFTA_SET_ELEM_LIST_SET, set)
    .nested(NFTA_SET_ELEM_LIST_ELEMENTS, (list) =>
      list.nested(NFTA_LIST_ELEM, (each) =>
        each.nested(NFTA_SET_ELEM_KEY, (value) => value.attribute(NFTA_DATA_VALUE, key)),
      ),
    );
}

function request(type: number, flags: number): Request {
  return new Request((NFNL_SUBSYS_NFTABLES << 8) | type, flags, header(NFPROTO_INET, 0));
}

/** A nfgenmsg. */
function header(family: number, resource: number): Buffer {
  const bytes = Buffer.alloc(NFGENMSG);
  bytes[0] = family;
  bytes.writeUInt16BE(resource, 2);
  return bytes;
}
