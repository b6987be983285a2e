/** RTM_NEWRULE, RTM_DELRULE and RTM_GETRULE (linux/fib_rules.h): which packets are routed by which table. */

import { AF_INET, AF_INET6 } from '../../../libc/index.js';
import { InetAddress, type InetFamily, InetPrefix, type RoutingRule } from '../../index.js';
import * as nl from './constants.js';
import { attributes, cString, type NetlinkMessage, Request, readU32 } from './message.js';
import { tableByte } from './route.js';

const FIB_RULE_HDR = 12;

export function addRule(rule: RoutingRule, protocol: number): Request {
  return ruleRequest(nl.RTM_NEWRULE, nl.NLM_F_CREATE | nl.NLM_F_EXCL, rule, protocol);
}

export function removeRule(rule: RoutingRule, protocol: number): Request {
  return ruleRequest(nl.RTM_DELRULE, 0, rule, protocol);
}

export function dumpRules(family: InetFamily): Request {
  const header = Buffer.alloc(FIB_RULE_HDR);
  header[0] = family === 4 ? AF_INET : AF_INET6;
  return new Request(nl.RTM_GETRULE, nl.NLM_F_DUMP, header);
}

/** @returns undefined for a rule that is not about a table */
export function parseRule({ body }: NetlinkMessage): { rule: RoutingRule; protocol: number } | undefined {
  if (body.length < FIB_RULE_HDR || body[7] !== nl.FR_ACT_TO_TBL) return undefined;
  const family = body[0] === AF_INET ? 4 : 6;
  const found: { -readonly [K in keyof RoutingRule]: RoutingRule[K] } = {
    family,
    from: undefined,
    to: undefined,
    iif: undefined,
    oif: undefined,
    fwmark: undefined,
    table: body[4]!,
    priority: 0,
  };
  let protocol = 0;
  const prefix = (value: Buffer, length: number) => new InetPrefix(InetAddress.from(value), length);
  attributes(body, FIB_RULE_HDR, (type, value) => {
    if (type === nl.FRA_DST) found.to = prefix(value, body[1]!);
    else if (type === nl.FRA_SRC) found.from = prefix(value, body[2]!);
    else if (type === nl.FRA_IIFNAME) found.iif = cString(value);
    else if (type === nl.FRA_OIFNAME) found.oif = cString(value);
    else if (type === nl.FRA_FWMARK) found.fwmark = readU32(value);
    else if (type === nl.FRA_TABLE) found.table = readU32(value);
    else if (type === nl.FRA_PRIORITY) found.priority = readU32(value);
    else if (type === nl.FRA_PROTOCOL) protocol = value[0] ?? 0;
  });
  return { rule: found, protocol };
}

function ruleRequest(type: number, flags: number, rule: RoutingRule, protocol: number): Request {
  const { family, from, to, iif, oif, fwmark, table, priority } = rule;
  const header = Buffer.alloc(FIB_RULE_HDR);
  header[0] = family === 4 ? AF_INET : AF_INET6;
  header[1] = to?.length ?? 0;
  header[2] = from?.length ?? 0;
  header[4] = tableByte(table);
  header[7] = nl.FR_ACT_TO_TBL;
  const request = new Request(type, flags, header).u32(nl.FRA_TABLE, table).u8(nl.FRA_PROTOCOL, protocol);
  if (to !== undefined) request.attribute(nl.FRA_DST, to.address.bytes);
  if (from !== undefined) request.attribute(nl.FRA_SRC, from.address.bytes);
  if (iif !== undefined) request.text(nl.FRA_IIFNAME, iif);
  if (oif !== undefined) request.text(nl.FRA_OIFNAME, oif);
  if (fwmark !== undefined) request.u32(nl.FRA_FWMARK, fwmark);
  if (priority !== undefined) request.u32(nl.FRA_PRIORITY, priority);
  return request;
}
