/** `carpet up --replace` where one of the two processes is stopped or hangs, or something is being changed meanwhile. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { needs } from '../support/needs.js';
import type { Fault } from './support/fault-module.js';
import { type Capture, elapse, Laboratory, waitFor, wallTime } from './support/index.js';
import { UpgradedHost } from './support/upgrade.js';

const skip = needs('root', 'netns', 'native', 'program:ip', 'program:tcpdump');

/** A MASTER without a peer. */
async function master(lab: Laboratory, t: TestContext, number: number): Promise<UpgradedHost> {
  const namespace = lab.host(`h${number}`, { addresses: [`10.88.0.${number}/24`], ipv6: false });
  const vhid = `{ifname: eth0, vhid: ${number}, passwordFile: pass, addresses: [10.88.0.10${number}/24]}`;
  const host = new UpgradedHost(namespace, [vhid], t);
  await host.start();
  await host.program.waitForLine(/-> MASTER/, 8000);
  return host;
}

const sentBy = (capture: Capture, number: number, from: number, to = wallTime()): number =>
  capture.where(({ advertisement, time }) => advertisement?.vhid === number && time > from && time < to)
    .length;

/** The old process stands still from a moment on: the new one gives up, says so in a line, and has done nothing. */
async function outwait(
  host: UpgradedHost,
  capture: Capture,
  number: number,
  fault: Fault | '',
): Promise<void> {
  const old = host.program;
  if (fault === '') old.kill('SIGSTOP');
  const next = host.spawn({ FAULT: fault }, '--replace');
  if (fault !== '') {
    await old.waitForLine(/prepares to take over/, 10_000);
    await elapse(100);
    old.kill('SIGSTOP');
  }
  const stopped = wallTime();
  const { code, time } = await next.exited;
  assert.equal(code, 2, next.text);
  assert.ok(time - stopped < 15_000, `after ${time - stopped} ms`);
  const said = next.lines.map(({ text }) => text).filter((text) => text.startsWith('carpet: '));
  assert.equal(said.length, 1, next.text);
  assert.match(said[0]!, /(does|did) not answer within 10 s, so this process does not start/);
  assert.equal(sentBy(capture, number, stopped + 50), 0);
  // Nothing renews the lifetime of the address.
  assert.ok(!host.namespace.ip('address', 'show', 'dev', 'eth0').includes(`10.88.0.10${number}/24`));
  const woken = wallTime();
  old.kill('SIGCONT');
  // A MASTER that has stood still listens first.
  await waitFor(
    'an advertisement',
    5000,
    () => sentBy(capture, number, woken) > 0,
    () => old.text,
  );
  assert.deepEqual(await host.states(), [`${number}@eth0 MASTER`]);
  await host.replace();
}

test('a process that stands still keeps its place, and goes on when it wakes up', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const [a, b] = [await master(lab, t, 1), await master(lab, t, 2)];
  const capture = await lab.capture('proto 112', lab.switch);
  await Promise.all([outwait(a, capture, 1, ''), outwait(b, capture, 2, 'is slow')]);
  await Promise.all([a, b].map(({ program }) => program.end('SIGTERM')));
});

const isThere = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

test('a new process that hangs is ended; changes and upgrades wait for each other, or are refused', {
  skip,
}, async (t) => {
  const lab = Laboratory.open(t);
  const host = await master(lab, t, 1);
  const { program } = host;
  const upgraded = async (): Promise<number> => {
    const { code, text } = await host.carpet('upgrade', 'start');
    assert.equal(code, 0, text);
    return Number(/process (\d+) has taken over/.exec(text)![1]);
  };

  await host.carpet('sysctl', 'kern.upgrade.timeout=10000');
  writeFileSync(host.fault, 'is stopped' satisfies Fault);
  const hung = host.carpet('upgrade', 'start');
  await program.waitForLine(/prepares to take over/, 10_000);
  const second = await host.carpet('upgrade', 'start');
  assert.match(second.text, /^carpet: an upgrade is under way already: wait for its end/m);
  assert.equal(second.code, 75);
  const apply = await host.carpet('config', 'apply');
  assert.equal(apply.code, 75);
  assert.match(apply.text, /an upgrade is under way: try again when the new process has taken over/);
  const { code, text } = await hung;
  assert.equal(code, 2);
  const line =
    /^carpet: process (\d+) had not taken over after 10 s and was ended, and this one goes on: see/m;
  assert.match(text, line);
  await waitFor('its end', 2000, () => !isThere(Number(line.exec(text)![1])));
  assert.equal(program.matching(/had not taken over after 10 s and was ended/).length, 1, program.text);
  writeFileSync(host.fault, '');

  await host.carpet('sysctl', 'kern.upgrade.timeout=60000');
  const applied = await host.carpet('config', 'apply', '--timeout', '60');
  assert.equal(applied.code, 0, applied.text);
  assert.equal((await host.carpet('config', 'apply')).code, 75);
  const refused = await host.carpet('upgrade', 'start');
  assert.equal(refused.code, 75);
  assert.match(
    refused.text,
    /^carpet: the last change of the settings has not been confirmed yet: confirm or/m,
  );
  const other = host.spawn({}, '--replace');
  assert.equal((await other.exited).code, 75);
  assert.match(
    other.text,
    /^carpet: the last change of the settings has not been confirmed yet: confirm or/m,
  );
  assert.equal(program.matching(/prepares to take over/).length, 1, 'no process was started for that');
  assert.equal((await host.carpet('config', 'confirm')).code, 0);
  assert.deepEqual(await host.states(), ['1@eth0 MASTER']);

  const pid = await upgraded();
  t.after(() => isThere(pid) && process.kill(pid, 'SIGKILL'));
  // Its output is the new process's too, and stays open.
  await waitFor('the end of the old one', 5000, () => !isThere(program.pid));
  assert.equal((await host.carpet('config', 'apply')).code, 0);
  assert.deepEqual(await host.states(), ['1@eth0 MASTER']);
  process.kill(pid, 'SIGTERM');
  await waitFor('the end', 5000, () => !isThere(pid));
  assert.ok(!host.namespace.ip('address').includes('10.88.0.101'));
});
