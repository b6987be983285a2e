/**
 * How late carpet takes over: Debian's ucarp is the MASTER of several vhids and is killed; for each the capture says
 * when it was last heard, when carpet's first advertisement left and when its gratuitous ARP.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { needs } from '../support/needs.js';
import { measured } from './support/bound.js';
import { type Frame, isAdvertisement, isGratuitous, Laboratory } from './support/index.js';
import { PairHost } from './support/pair.js';

const skip = needs('root', 'netns', 'native', 'program:ucarp', 'program:tcpdump');
const VHIDS = [1, 2, 3, 4, 5, 6, 7];
/** Apart enough that the takeovers do not disturb each other: 86 ms. */
const skewOf = (vhid: number): number => vhid * 22;
const vipOf = (vhid: number): string => `10.77.0.${100 + vhid}`;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

interface Figures {
  /** Milliseconds by which each first advertisement was late. */
  readonly lateness: number[];
  /** Milliseconds between it and the gratuitous ARP. */
  readonly apart: number[];
}

async function takeovers(t: TestContext): Promise<Figures> {
  const lab = Laboratory.open(t);
  const capture = await lab.capture('proto 112 or arp');
  const host = (role: string, last: number): PairHost =>
    new PairHost(lab.host(role, { addresses: [`10.77.0.${last}/24`], ipv6: false }), last, t);
  const [a, b] = [host('a', 1), host('b', 2)];
  const of = (vhid: number): string => `-v ${vhid} -a ${vipOf(vhid)}`;
  const from = (source: PairHost, vhid: number) => (frame: Frame) =>
    isAdvertisement(frame, source.address) && frame.advertisement!.vhid === vhid;

  const masters = VHIDS.map((vhid) => a.start('ucarp', `${of(vhid)} -r 1`));
  for (const master of masters) await master.waitForLine(/state: MASTER/, 8000);
  const backups = VHIDS.map((vhid) => b.start('carpet', `${of(vhid)} -k ${skewOf(vhid)}`));
  for (const backup of backups) await backup.waitForLine(/state: BACKUP/, 8000);
  const ready = capture.frames.length;
  for (const vhid of VHIDS) await capture.waitFor('an advertisement', 2500, from(a, vhid), ready);
  await Promise.all(masters.map((master) => master.end('SIGKILL')));

  const figures: Figures = { lateness: [], apart: [] };
  for (const vhid of VHIDS) {
    const first = await capture.waitFor(`the takeover of vhid ${vhid}`, 8000, from(b, vhid));
    const garp = await capture.waitFor(
      'its gratuitous ARP',
      1000,
      (frame) => isGratuitous(frame, vipOf(vhid)) && frame.source === first.source,
    );
    const last = capture.where(from(a, vhid)).at(-1)!;
    figures.lateness.push(first.time - last.time - 3000 - (skewOf(vhid) * 1000) / 256);
    figures.apart.push(garp.time - first.time);
  }
  for (const backup of backups) backup.kill('SIGKILL');
  return figures;
}

test('the first advertisement leaves within 10 ms of the dead time, the gratuitous ARP within 5 ms of it', {
  skip,
}, async (t) => {
  const text = (values: number[]): string => values.map((value) => value.toFixed(2)).join(' ');
  const within = ({ lateness, apart }: Figures) => median(lateness) < 10 && median(apart.map(Math.abs)) < 5;
  const figures = await measured(t, () => takeovers(t), within);
  const { lateness, apart } = figures;
  const said = `advertisement late by ${text(lateness)} ms; gratuitous ARP after ${text(apart)} ms`;
  t.diagnostic(said);
  assert.ok(Math.min(...lateness) > -0.5, `never early: ${said}`);
  assert.ok(within(figures), said);
});
