/** The short forms of targets that need no page of their own: what each compares stands in its file. */
import { describe, test } from 'node:test';
import { needs } from '../support/needs.js';
import { fuzzShortly } from './short.js';
import { target as carp } from './targets/carp.js';
import { target as claims } from './targets/claims.js';
import { target as dbus } from './targets/dbus.js';
import { target as getopt } from './targets/getopt.js';
import { target as http } from './targets/http.js';
import { target as mountinfo } from './targets/mountinfo.js';
import { target as netlink } from './targets/netlink.js';
import { target as procEvent } from './targets/proc-event.js';
import { target as uevent } from './targets/uevent.js';
import { target as upgrade } from './targets/upgrade.js';
import { target as yaml } from './targets/yaml.js';

const timeout = 60_000;

describe('random inputs', { timeout }, () => {
  test('advertisements are counted as a second reading of the checks says', () =>
    fuzzShortly(carp, 'checks'));
  test('sealed advertisements that were recorded are never heard again, however altered', () =>
    fuzzShortly(carp, 'seals'));
  test('what claims an address passes the filter for it', () => fuzzShortly(claims, 'filter'));
  test('claims are what tcpdump reads', { skip: needs('program:tcpdump') }, () =>
    fuzzShortly(claims, 'tcpdump'),
  );
  test('calls on the message bus are read back', () => fuzzShortly(dbus, 'calls'));
  test('messages of the bus are read or refused', () => fuzzShortly(dbus, 'any'));
  test('options are read as by the C library', { skip: needs('native') }, () => fuzzShortly(getopt, 'made'));
  test('options that are like real ones too', { skip: needs('native') }, () => fuzzShortly(getopt, 'corpus'));
  test('requests are an input or a problem', () => fuzzShortly(http, 'parts'));
  test('over the socket every answer is HTTP, and the next client is served', () =>
    fuzzShortly(http, 'socket'));
  test('mounts are read back', () => fuzzShortly(mountinfo, 'lines'));
  test('lines of mountinfo of any form are read or left out', () => fuzzShortly(mountinfo, 'any'));
  test('reports of netlink say what stands in them', () => fuzzShortly(netlink, 'reports'));
  test('attributes of netlink are read back', () => fuzzShortly(netlink, 'attributes'));
  test('events of processes are what the structures say', () => fuzzShortly(procEvent, 'messages'));
  test('uevents are what the datagram cut by hand says', () => fuzzShortly(uevent, 'datagrams'));
  test('the conversation of an upgrade is the same in pieces', () => fuzzShortly(upgrade, 'lines'));
  test('JSON is YAML', () => fuzzShortly(yaml, 'json'));
  test('settings are what the YAML library reads', () => fuzzShortly(yaml, 'texts'));
});
