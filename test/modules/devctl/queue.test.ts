/** The queue between those who tell and the one who reads. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Kernel, type LogRecord, VirtualClock } from '../../../core/index.js';
import { DEVCTL_MAXBUF, DevctlModule, type DevEventInfo } from '../../../modules/devctl/index.js';
import { RecordQueue } from '../../../modules/devctl/queue.js';
import { strict } from '../../support/kernel.js';

async function open(log?: (record: LogRecord) => void) {
  const kernel = new Kernel({ ...strict, clock: new VirtualClock(), ...(log && { log }) });
  return { kernel, devctl: await kernel.load(DevctlModule) };
}

class Batches {
  readonly all: { texts: string[]; dropped: number }[] = [];
  readonly read = (records: readonly DevEventInfo[], dropped: number): void => {
    this.all.push({ texts: records.map(({ text }) => text.replace(/.* /, '')), dropped });
  };
}

const settled = (): Promise<void> => Promise.resolve();
const tell = (devctl: DevctlModule, from: number, to: number): void => {
  for (let n = from; n <= to; n++) devctl.notify('TEST', 'q', 'N', { n });
};
const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `n=${from + i}`);

describe('devctl queue', () => {
  it('keeps what comes before the reader, and delivers in batches of one turn', async () => {
    const { devctl } = await open();
    tell(devctl, 1, 3);
    assert.equal(devctl.queued, 3);
    const batches = new Batches();
    using _reader = devctl.open(batches.read);
    assert.deepEqual(batches.all, [], 'the reader never runs within open or notify');
    await settled();
    tell(devctl, 4, 5);
    tell(devctl, 6, 6);
    await settled();
    assert.deepEqual(batches.all, [
      { texts: numbers(1, 3), dropped: 0 },
      { texts: numbers(4, 6), dropped: 0 },
    ]);
  });

  it('drops the oldest, counts them, and tells the reader', async () => {
    const { kernel, devctl } = await open();
    tell(devctl, 1, 1003);
    assert.equal(devctl.queued, 1000);
    const batches = new Batches();
    using _reader = devctl.open(batches.read);
    await settled();
    assert.deepEqual(batches.all, [{ texts: numbers(4, 1003), dropped: 3 }]);
    assert.equal(kernel.sysctl.get('hw.bus.devctl_drops')?.value, 3);
    assert.equal(kernel.sysctl.get('hw.bus.devctl_records')?.value, 1003);
    tell(devctl, 1004, 1004);
    await settled();
    assert.equal(batches.all[1]!.dropped, 0, 'told once');
  });

  it('loses nothing of a burst while somebody reads; but a reader that tells too much does', async () => {
    const { kernel, devctl } = await open();
    const batches = new Batches();
    const reader = devctl.open(batches.read);
    tell(devctl, 1, 2500);
    assert.deepEqual(
      batches.all.map(({ texts }) => texts.length),
      [1000, 1000],
      'a full queue is read at once',
    );
    await settled();
    assert.deepEqual(
      batches.all.flatMap(({ texts }) => texts),
      numbers(1, 2500),
    );
    assert.equal(kernel.sysctl.get('hw.bus.devctl_drops')?.value, 0);
    reader.close();
    let told = false;
    using _flood = devctl.open(() => {
      if (!told) tell(devctl, 1, 1500);
      told = true;
    });
    tell(devctl, 1, 1);
    await settled();
    assert.equal(kernel.sysctl.get('hw.bus.devctl_drops')?.value, 500);
  });

  it('resizes at run time; 0 keeps nothing, but the hook hears all', async () => {
    const { kernel, devctl } = await open();
    const heard: number[] = [];
    kernel.eventhandler.register('devctl_event', ({ sequence }) => heard.push(sequence));
    tell(devctl, 1, 5);
    kernel.sysctl.set('hw.bus.devctl_queue', '2');
    tell(devctl, 6, 6);
    const batches = new Batches();
    const reader = devctl.open(batches.read);
    await settled();
    assert.deepEqual(batches.all, [{ texts: numbers(5, 6), dropped: 4 }]);
    kernel.sysctl.set('hw.bus.devctl_queue', '0');
    tell(devctl, 7, 8);
    await settled();
    assert.equal(batches.all.length, 1);
    assert.deepEqual(heard, [1, 2, 3, 4, 5, 6, 7, 8]);
    reader.close();
  });

  it('warns a reader that gets nothing', async () => {
    const log: string[] = [];
    const { kernel, devctl } = await open(({ message }) => log.push(message));
    kernel.sysctl.set('hw.bus.devctl_queue', '0');
    assert.deepEqual(log, []);
    const reader = devctl.open(() => undefined);
    const warning = 'hw.bus.devctl_queue is 0, so that nobody gets a record: set it to 1000';
    assert.deepEqual(log, [warning]);
    kernel.sysctl.set('hw.bus.devctl_queue', '5');
    kernel.sysctl.set('hw.bus.devctl_queue', '0');
    assert.deepEqual(log, [warning, warning]);
    reader.close();
  });

  it('has one reader at a time; what comes in between waits for the next', async () => {
    const { devctl } = await open();
    const first = new Batches();
    const second = new Batches();
    const reader = devctl.open(first.read);
    assert.throws(() => devctl.open(second.read), /devctl has a reader already/);
    tell(devctl, 1, 1);
    reader.close();
    reader.close();
    tell(devctl, 2, 2);
    await settled();
    assert.deepEqual(first.all, []);
    using next = devctl.open(second.read);
    await settled();
    assert.deepEqual(second.all, [{ texts: numbers(1, 2), dropped: 0 }]);
    reader.close();
    assert.throws(() => devctl.open(first.read), /EBUSY|reader already/, 'an old reader closes nobody else');
    next.close();
  });

  it('outlives a reader that throws, and takes what a reader tells', async () => {
    const lines: string[] = [];
    const { devctl } = await open(({ message }) => lines.push(message));
    const seen: string[] = [];
    using _reader = devctl.open(([record]) => {
      seen.push(record!.text);
      if (seen.length === 1) devctl.notify('TEST', 'reader', 'TOLD');
      throw new Error('reader broken');
    });
    devctl.notify('TEST', 'source', 'TOLD');
    await settled();
    await settled();
    assert.deepEqual(seen, [
      '!system=TEST subsystem=source type=TOLD',
      '!system=TEST subsystem=reader type=TOLD',
    ]);
    assert.match(lines[0]!, /the reader of 1 records failed: Error: reader broken/);
  });

  it('stamps records with wall time and an unbroken sequence, and refuses what devd cannot read', async () => {
    const { kernel, devctl } = await open();
    const clock = kernel.clock as VirtualClock;
    const records: DevEventInfo[] = [];
    kernel.eventhandler.register('devctl_event', (record) => records.push(record));
    tell(devctl, 1, 1);
    await clock.advance(1500);
    devctl.notify('TEST', 'q', 'LONG', `x=${'é'.repeat(DEVCTL_MAXBUF / 2)}`);
    devctl.notify('TEST', 'q', 'FITS', `x=${'y'.repeat(DEVCTL_MAXBUF - 40)}`);
    assert.deepEqual(
      records.map(({ sequence, time }) => [sequence, time]),
      [
        [1, Date.UTC(2026, 0, 1)],
        [2, Date.UTC(2026, 0, 1) + 1500],
      ],
    );
    assert.equal(kernel.sysctl.get('hw.bus.devctl_oversize')?.value, 1);
  });

  it('leaves nothing behind when it is unloaded', async () => {
    const { kernel, devctl } = await open();
    const before = new Kernel(strict).sysctl.list().length;
    devctl.open(() => {});
    await kernel.unload('devctl');
    assert.equal(kernel.sysctl.list('hw.bus').length, 0);
    assert.equal(kernel.sysctl.list().length, before);
    assert.equal(kernel.eventhandler.findList('ifaddr_event')?.length ?? 0, 0);
  });

  it('behaves as a list that is cut at its front', () => {
    const step = fc.oneof(
      fc.record({ op: fc.constant('push' as const), n: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ op: fc.constant('resize' as const), n: fc.integer({ min: 0, max: 50 }) }),
      fc.record({ op: fc.constant('take' as const), n: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new RecordQueue(20);
        let [model, limit, serial] = [[] as number[], 20, 0];
        for (const { op, n } of steps) {
          if (op === 'resize') limit = n;
          const before = model.length;
          if (op === 'push') for (let i = 0; i < n; i++) model.push(serial + i);
          if (op === 'take') {
            assert.deepEqual(
              queue.takeAll().map(({ sequence }) => sequence),
              model,
            );
            model = [];
            continue;
          }
          let dropped = 0;
          if (op === 'push')
            for (let i = 0; i < n; i++) dropped += queue.push({ text: '', time: 0, sequence: serial++ });
          else dropped = queue.resize(n);
          model = limit === 0 ? [] : model.slice(-limit);
          assert.equal(dropped, before + (op === 'push' ? n : 0) - model.length);
          assert.equal(queue.length, model.length);
        }
      }),
    );
  });
});
