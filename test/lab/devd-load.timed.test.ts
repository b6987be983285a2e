/** Under load: bursts, clients that stop reading, actions that hang, reloads. Nothing holds up anything else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs } from '../support/needs.js';
import { BURST_MODULE, Devd } from './support/devd.js';
import { elapse, Laboratory, waitFor } from './support/index.js';

const skip = needs('root', 'netns', 'native', 'program:python3');
const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);
const numbersOf = (records: readonly string[]): number[] =>
  records.flatMap((record) => {
    const n = /system=BURST .* n=(\d+)/.exec(record)?.[1];
    return n === undefined ? [] : [Number(n)];
  });

test('1,000 records in one turn reach ten clients, and none is lost', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  await using devd = new Devd(lab.namespace('a'), '', ['--load', BURST_MODULE]);
  await devd.ready();
  const kinds = numbers(1, 10).map((n) => (n > 8 ? 'stream' : 'seqpacket'));
  const clients = await Promise.all(kinds.map((kind) => devd.client(kind)));
  devd.program.kill('SIGUSR1');
  for (const client of clients) {
    await waitFor('the last record', 10_000, () => numbersOf(client.records).at(-1) === 1000);
    assert.deepEqual(numbersOf(client.records), numbers(1, 1000));
  }
});

test('the eleventh client waits until one leaves', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  await using devd = new Devd(lab.namespace('a'), '', ['--load', BURST_MODULE, '-l', '2']);
  await devd.ready();
  const [first, , third] = [await devd.client(), await devd.client('stream'), await devd.client()];
  await devd.program.waitForLine(/has connected/, 2000);
  devd.program.kill('SIGUSR1');
  await waitFor('the burst', 5000, () => numbersOf(first.records).length === 1000);
  assert.deepEqual(numbersOf(third.records), []);
  await first.program.end('SIGKILL');
  await waitFor('the third client', 5000, () => devd.program.matching(/has connected/).length === 3);
  devd.program.kill('SIGUSR1');
  await waitFor('the second burst', 5000, () => numbersOf(third.records).length === 1000);
  assert.deepEqual(numbersOf(third.records), numbers(1001, 2000));
});

test('a client that stops reading is dropped, and nobody else notices', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  await using devd = new Devd(lab.namespace('a'), '', ['--load', BURST_MODULE]);
  await devd.ready();
  await devd.client('seqpacket', 'stuck');
  const reader = await devd.client();
  let sent = 0;
  await waitFor('the stuck client to be dropped', 20_000, async () => {
    devd.program.kill('SIGUSR1');
    sent += 1000;
    await waitFor('the reader', 5000, () => numbersOf(reader.records).at(-1) === sent);
    return devd.program.matching(/reads too slowly and is dropped/).length > 0;
  });
  assert.equal(devd.program.matching(/is dropped/).length, 1);
  assert.deepEqual(numbersOf(reader.records), numbers(1, sent));
});

test('an action that hangs holds up only its own rule, until its time is up', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const host = lab.host('a', { ipv6: false });
  await using devd = new Devd(
    host,
    `notify 10 { match "type" "LINK_DOWN"; action "echo hangs >> OUT; sleep 1000 & sleep 1000"; action "echo next >> OUT"; };
     notify 10 { match "type" "ADDR_ADD"; action "echo $address >> OUT"; };`,
    ['--timeout', '4000'],
  );
  await devd.ready();
  const client = await devd.client();
  lab.cut(host);
  await devd.outputs('hangs');
  host.ip('address', 'add', '10.79.0.1/24', 'dev', 'eth0');
  await client.hears('!system=IFNET subsystem=eth0 type=ADDR_ADD address=10.79.0.1', 2500);
  await devd.outputs('10.79.0.1', 2500);
  assert.deepEqual(devd.output, ['hangs', '10.79.0.1']);
  await devd.outputs('next', 10_000);
  await devd.program.waitForLine(/runs for more than 4000 ms and is ended/, 1000);
});

test('reloads under load lose no record, no client and no action', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const rules = (version: number): string =>
    `notify ${version} { match "system" "BURST"; match "n" ".*00"; action "echo $n >> OUT"; };`;
  await using devd = new Devd(lab.namespace('a'), rules(0), ['--load', BURST_MODULE]);
  await devd.ready();
  const clients = [await devd.client(), await devd.client('stream')];
  devd.program.kill('SIGTTIN');
  for (const version of numbers(1, 8)) {
    // One of them is broken: the old rules stay.
    devd.write(version === 4 ? 'notify {' : rules(version));
    devd.program.kill('SIGHUP');
    await elapse(150);
  }
  await devd.program.waitForLine(/the trickle has ended/, 15_000);
  for (const client of clients) {
    await waitFor('the last record', 5000, () => numbersOf(client.records).at(-1) === 2000);
    assert.deepEqual(numbersOf(client.records), numbers(1, 2000));
  }
  await devd.outputs('2000');
  assert.deepEqual(
    devd.output.map(Number).toSorted((a, b) => a - b),
    numbers(1, 20).map((n) => n * 100),
  );
  assert.ok(devd.program.matching(/the old rules stay/).length === 1);
  assert.ok(devd.program.matching(/reloaded/).length >= 4);
});
