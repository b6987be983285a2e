/** A password is changed on two hosts, 5 s apart, by reload: nobody else becomes MASTER, and clients notice nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs } from '../support/needs.js';
import { CarpetCarp } from './support/carpet-carp.js';
import { elapse, Laboratory, wallTime } from './support/index.js';
import { Requests } from './support/requests.js';

const skip = needs('root', 'netns', 'native', 'program:ip');
const SHARED = '10.88.0.100';
const [OLD, NEW] = ['the old one', 'the new one'];
const STEPS = [
  { password: OLD, passwords: [NEW] },
  { password: NEW, passwords: [{ password: OLD }] },
  { password: NEW },
];

test('the password changes on two hosts 5 s apart without two holders', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const host = (role: string, n: number) => {
    const made = lab.host(role, { addresses: [`10.88.0.${n}/24`], ipv6: false });
    Requests.allowAnswers(made);
    return made;
  };
  const vhid = (i: number, keys: (typeof STEPS)[number] | { password: string }) => [
    { ifname: 'eth0', vhid: 1, addresses: [`${SHARED}/24`], advskew: i * 100, ...keys },
  ];
  const [a, b] = [host('a', 1), host('b', 2)];
  const first = new CarpetCarp(a, vhid(0, { password: OLD }));
  await first.reaches('MASTER', 8000);
  const second = new CarpetCarp(b, vhid(1, { password: OLD }));
  await second.reaches('BACKUP', 8000);
  const client = new Requests(host('c', 11), SHARED);
  await client.answered(8000);
  const from = wallTime();
  const changes = () =>
    [first, second].map(({ lines }) => lines.filter(({ event }) => event === 'state').length);
  const before = changes();
  for (const keys of STEPS) {
    await first.reload(vhid(0, keys));
    await elapse(5000);
    await second.reload(vhid(1, keys));
    await elapse(1500);
  }
  await elapse(4000);
  assert.deepEqual(changes(), before, first.program.text + second.program.text);
  assert.deepEqual([first.state(), second.state()], ['MASTER', 'BACKUP']);
  for (const { program } of [first, second]) assert.ok(!program.text.includes('refused'), program.text);
  const silence = client.longestSilence(from, wallTime() - 100);
  assert.ok(silence < 500, `silent for ${silence} ms`);
});
