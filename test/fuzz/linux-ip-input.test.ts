/** Hostile datagrams and control messages against the Linux driver's readers: nothing throws, nothing is invented. */
import { test } from 'node:test';
import { fuzzShortly } from './short.js';
import { target } from './targets/ip-input.js';

test('an IPv4 datagram is a packet when its lengths agree, and then it is what stands there', () =>
  fuzzShortly(target, 'ipv4'));

test('an IPv6 datagram is its payload, whatever the control messages say', () => fuzzShortly(target, 'ipv6'));
