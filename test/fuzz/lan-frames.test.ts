/**
 * Hostile frames against whole hosts: an interface of the virtual LAN with its kernel part, and CARP behind it. They
 * are made of what hosts really send, bent in every way. Nothing may throw, and a pair that shares an address must not
 * be moved by somebody who does not know the password.
 */
import { test } from 'node:test';
import { fuzzShortly } from './short.js';
import { target } from './targets/lan-frames.js';

test('bent frames neither throw nor move the master', () => fuzzShortly(target, 'burst'));
