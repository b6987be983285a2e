/** What clients lose when two MASTERs meet: after a partition, and when a process that stood still goes on. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CarpVhidOptions } from '../../modules/carp/index.js';
import { needs } from '../support/needs.js';
import { CarpetCarp } from './support/carpet-carp.js';
import {
  type Capture,
  elapse,
  Laboratory,
  type Namespace,
  type Program,
  waitFor,
  wallTime,
} from './support/index.js';
import { Requests } from './support/requests.js';

const skip = needs('root', 'netns', 'program:ip', 'program:tcpdump');
const SHARED = '10.88.0.100';
const base = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: [`${SHARED}/24`] };

function host(lab: Laboratory, role: string, n: number): Namespace {
  const made = lab.host(role, { addresses: [`10.88.0.${n}/24`], ipv6: false });
  Requests.allowAnswers(made);
  return made;
}

function carpet(on: Namespace, options: Partial<CarpVhidOptions>): CarpetCarp {
  return new CarpetCarp(on, [{ ...base, ...options }], { 'net.inet.carp.preempt': true });
}

/** Between 50 and 400 ms before the better MASTER's next advertisement, and the worse one's is later than that. */
async function beforeTheBetterSpeaks(better: Capture, worse: Capture): Promise<void> {
  await waitFor('the better one to be the next to advertise', 20_000, () => {
    const now = wallTime();
    const next = better.frames.at(-1)!.time + 1000 - now;
    const others = worse.frames.at(-1)!.time + 1390 - now;
    return next > 50 && next < 400 && others > next + 100;
  });
}

describe('two MASTERs that meet', { skip, concurrency: 2 }, () => {
  it('after a partition no client goes on talking to the loser', async (t) => {
    const lab = Laboratory.open(t);
    const [a, b] = [host(lab, 'a', 1), host(lab, 'b', 2)];
    const [clientOfA, clientOfB] = [host(lab, 'ca', 11), host(lab, 'cb', 12)];
    const trunk = lab.beyondTrunk(b, clientOfB);
    const first = carpet(a, {});
    await first.reaches('MASTER', 8000);
    const second = carpet(b, { advskew: 100 });
    const clients = [clientOfA, clientOfB].map((client) => new Requests(client, SHARED));
    for (const client of clients) await client.answered(8000);
    const [better, worse] = [
      await lab.capture('proto 112 and src 10.88.0.1'),
      await lab.capture('proto 112 and src 10.88.0.2', lab.switch, 'br1'),
    ];
    for (let round = 1; round <= 2; round++) {
      const known = second.lines.length;
      trunk.part();
      await second.reaches('MASTER', 6000, known);
      for (const client of clients) await client.answered(8000);
      await elapse(1500);
      await beforeTheBetterSpeaks(better, worse);
      trunk.heal();
      const healed = wallTime();
      await elapse(4000);
      assert.deepEqual([first.state(), second.state()], ['MASTER', 'BACKUP']);
      const silences = clients.map((client) => client.longestSilence(healed + 600, wallTime() - 100));
      assert.ok(Math.max(...silences) < 500, `round ${round}: silent for ${silences.join(' and ')} ms`);
    }
  });

  it('a better MASTER that stood still and goes on takes the address without an outage', async (t) => {
    const lab = Laboratory.open(t);
    const [a, b] = [host(lab, 'a', 1), host(lab, 'b', 2)];
    const first = carpet(a, {});
    await first.reaches('MASTER', 8000);
    const second = carpet(b, { advskew: 100 });
    await second.reaches('BACKUP', 8000);
    const client = new Requests(host(lab, 'c', 11), SHARED);
    await client.answered(8000);
    first.program.kill('SIGSTOP');
    await second.reaches('MASTER', 8000);
    await elapse(3000);
    const known = second.lines.length;
    first.program.kill('SIGCONT');
    const gone = wallTime();
    await second.reaches('BACKUP', 3000, known);
    await elapse(4000);
    assert.deepEqual([first.state(), second.state()], ['MASTER', 'BACKUP']);
    const silence = client.longestSilence(gone, wallTime() - 100);
    assert.ok(silence < 500, `silent for ${silence} ms`);
    // The report that the former address has expired is read after the address was added again.
    const lines = first.program.lines.map(({ text }) => text);
    assert.ok(!lines.some((line) => line.includes('another program')), lines.join('\n'));
  });
});

const peers: Readonly<Record<string, (on: Namespace) => Program>> = {
  'a worse carpet': (on) => carpet(on, { advskew: 100 }).program,
  'an equal carpet': (on) => carpet(on, {}).program,
  'an equal carpet without preemption': (on) => carpet(on, { preempt: false }).program,
  ucarp: (on) =>
    on.spawn([
      'ucarp',
      '-i',
      'eth0',
      '-v',
      '1',
      '-p',
      'secret',
      '-a',
      SHARED,
      '-s',
      '10.88.0.2',
      '-f',
      'none',
    ]),
};

describe('a cable that is out for half a second costs half a second', {
  skip: skip || needs('program:ucarp'),
  concurrency: 2,
}, () => {
  for (const [name, start] of Object.entries(peers)) {
    it(`to ${name}`, async (t) => {
      const lab = Laboratory.open(t);
      const [a, b] = [host(lab, 'a', 1), host(lab, 'b', 2)];
      const first = carpet(a, {});
      await first.reaches('MASTER', 8000);
      const peer = start(b);
      const client = new Requests(host(lab, 'c', 11), SHARED);
      await client.answered(8000);
      await elapse(4500);
      const capture = await lab.capture('proto 112 and src 10.88.0.2');
      lab.cut(a);
      const cut = wallTime();
      await elapse(500);
      lab.heal(a);
      await elapse(4500);
      const silence = client.longestSilence(cut, wallTime() - 100);
      assert.ok(silence < 600, `silent for ${silence} ms`);
      assert.equal(
        first.lines.filter(({ event }) => event === 'state').at(-1)?.reason,
        'hardware interface back in time',
      );
      assert.equal(capture.frames.length, 0, `${name} advertised`);
      assert.ok(peer.running);
    });
  }
});
