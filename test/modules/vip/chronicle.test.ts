import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Log, VirtualClock } from '../../../core/index.js';
import { Chronicle } from '../../../modules/vip/index.js';

const VIP = { name: '1@eth0' };

function bench(level = 1) {
  const lines: string[] = [];
  const clock = new VirtualClock();
  const log = new Log(({ message }) => lines.push(message), clock);
  const evidence = (_vip: object, { from, to }: { from: string; to: string }, ago: number) =>
    `what ${from} -> ${to} was about${ago === 0 ? '' : ` ${ago} ms before`}`;
  const chronicle = new Chronicle<typeof VIP, 'r'>({
    clock,
    log,
    level: { value: level },
    key: 'vhid',
    evidence,
  });
  return { lines, clock, chronicle };
}

describe('a change, and what a failover was about,', () => {
  it('are put into words when they are told: the addresses go before them', () => {
    const { lines, chronicle } = bench();
    chronicle.note(VIP, { from: 'BACKUP', to: 'MASTER', reason: 'r' });
    assert.deepEqual(lines, []);
    chronicle.tell();
    chronicle.tell();
    assert.deepEqual(lines, ['1@eth0: BACKUP -> MASTER (r)', '1@eth0: what BACKUP -> MASTER was about']);
  });

  it('are told as of the moment of the change, and how long the addresses of a MASTER took if that is long', () => {
    const { lines, clock, chronicle } = bench();
    for (const [from, to, took] of [
      ['BACKUP', 'MASTER', 90],
      ['BACKUP', 'MASTER', 110],
      ['MASTER', 'BACKUP', 110],
    ] as const) {
      chronicle.note(VIP, { from, to, reason: 'r' });
      clock.advanceSync(took);
      chronicle.tell();
    }
    assert.deepEqual(
      lines.filter((line) => line.includes('about')),
      [
        '1@eth0: what BACKUP -> MASTER was about 90 ms before',
        '1@eth0: what BACKUP -> MASTER was about 110 ms before; its addresses were announced 110 ms later: Linux, or a ' +
          'handler of the change, held this process up',
        '1@eth0: what MASTER -> BACKUP was about 110 ms before',
      ],
    );
  });

  it('are told to a handler that asks before', () => {
    const { lines, chronicle } = bench();
    chronicle.note(VIP, { from: 'BACKUP', to: 'MASTER', reason: 'r' });
    assert.equal(chronicle.of(VIP)[0]?.evidence, 'what BACKUP -> MASTER was about');
    assert.equal(lines.length, 2);
    const [captured] = chronicle.capture([VIP])[VIP.name]!;
    assert.equal(captured?.evidence, 'what BACKUP -> MASTER was about');
  });

  it('are logged before a change that a handler of the first has caused', () => {
    const { lines, chronicle } = bench();
    chronicle.note(VIP, { from: 'BACKUP', to: 'MASTER', reason: 'r' });
    chronicle.note(VIP, { from: 'MASTER', to: 'BACKUP', reason: 'r' });
    assert.deepEqual(lines, ['1@eth0: BACKUP -> MASTER (r)', '1@eth0: what BACKUP -> MASTER was about']);
    chronicle.tell();
    assert.equal(lines.length, 4);
  });

  it('stay out of the log of who asks for none', () => {
    const { lines, chronicle } = bench(0);
    chronicle.note(VIP, { from: 'BACKUP', to: 'MASTER', reason: 'r' });
    chronicle.tell();
    assert.deepEqual(lines, []);
  });
});
