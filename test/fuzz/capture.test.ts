/**
 * Hostile captures through all of `carpet explain`: true ones of both formats, bent in every way. A file is read or refused
 * with CaptureError, what it holds is explained, and memory does not follow the lengths that it claims.
 */
import { test } from 'node:test';
import { fuzzShortly } from './short.js';
import { target } from './targets/capture.js';

test('true captures are explained whole', () => fuzzShortly(target, 'whole'));

test('bent captures are read or refused, never more', () => fuzzShortly(target, 'bent'));
