/** tap and top: what a running kernel does at the moment. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CarpetError } from '../../../core/index.js';
import { globs } from '../../../modules/control/verbs/glob.js';
import { Seats } from '../../../modules/control/verbs/seats.js';
import { shown } from '../../../modules/control/verbs/shown.js';
import { needs } from '../../support/needs.js';
import { ControlledKernel } from './support/server.js';

declare module 'carpet-kernel' {
  interface EventHandlers {
    tapped_event(what: unknown): void;
    tapped_within_event(): void;
  }
}

/** The first items of a stream, while something happens again and again. */
async function first(
  kernel: ControlledKernel,
  name: string,
  input: object,
  form: 'text' | 'json',
  count: number,
  act: () => void,
): Promise<string[]> {
  const { verbs } = await kernel.client.index();
  const verb = verbs.find((each) => each.name === name)!;
  const gone = new AbortController();
  const timer = setInterval(act, 10);
  const items: string[] = [];
  try {
    for await (const item of kernel.client.stream(verb, input, form, gone.signal)) {
      items.push(...(form === 'text' ? item.trimEnd().split('\n') : [item]));
      if (items.length >= count) break;
    }
  } finally {
    clearInterval(timer);
    gone.abort();
  }
  return items.slice(0, count);
}

describe('tap', { skip: needs('native') }, () => {
  it('shows events within events, with arguments, handlers, times and failures', async () => {
    await using kernel = await ControlledKernel.start();
    const { eventhandler } = kernel.kernel;
    eventhandler.register('tapped_event', {
      name: 'outer',
      owner: 'pager',
      handler: () => eventhandler.invoke('tapped_within_event'),
    });
    eventhandler.register('tapped_within_event', {
      name: 'fails',
      handler: () => {
        throw new CarpetError('EBOOM', 'boom');
      },
    });
    const lines = await first(kernel, 'tap', { lists: ['tapped*'] }, 'text', 4, () =>
      eventhandler.invoke('tapped_event', { name: 'door', ms: 12.10996299982071, password: 'xyzzy' }),
    );
    const rest = lines.map((line) => {
      assert.match(line, /^\d\d:\d\d:\d\d\.\d{3} /);
      return line.slice(13).replace(/\d+\.\d\d ms/, 'N ms');
    });
    assert.deepEqual(rest, [
      'tapped_event({"name":"door","ms":12.11,"password":"(hidden)"})',
      '  tapped_within_event()',
      '    fails  N ms  failed: boom',
      '  outer of pager  N ms',
    ]);
  });

  it('shows only the lists that are asked for, and leaves no tracer behind', async () => {
    await using kernel = await ControlledKernel.start();
    const { eventhandler } = kernel.kernel;
    let frames = '';
    eventhandler.register('tapped_event', () => {
      frames = new Error('where').stack!;
    });
    const items = await first(kernel, 'tap', { lists: ['tapped_within_*'], events: true }, 'json', 2, () => {
      eventhandler.invoke('tapped_event', 1);
      eventhandler.invoke('tapped_within_event');
      eventhandler.register('tapped_within_event', () => undefined);
    });
    assert.deepEqual(
      items.map((item) => (JSON.parse(item) as { list: string }).list),
      ['tapped_within_event', 'tapped_within_event'],
    );
    for (let i = 0; frames.includes('watched-calls') || i === 0; i++) {
      assert.ok(i < 200, 'the tracer is still there');
      await new Promise((resolve) => setTimeout(resolve, 10));
      eventhandler.invoke('tapped_event', 1);
    }
  });

  it('refuses a list that nobody knows', async () => {
    await using kernel = await ControlledKernel.start();
    await assert.rejects(
      first(kernel, 'tap', { lists: ['tapped_evnt'] }, 'json', 1, () => undefined),
      /there is no event list tapped_evnt yet; to wait for it, tap 'tapped_evnt\*'/,
    );
  });
});

describe('those who look on', { skip: needs('native') }, () => {
  it('are four at most, and one who leaves makes room', async () => {
    await using kernel = await ControlledKernel.start();
    const { verbs } = await kernel.client.index();
    const top = verbs.find(({ name }) => name === 'top')!;
    const leave: (() => void)[] = [];
    const look = async (): Promise<void> => {
      const gone = new AbortController();
      const stream = kernel.client.stream(top, { seconds: 0.1 }, 'json', gone.signal);
      leave.push(() => gone.abort());
      const { done } = await stream.next();
      assert.equal(done, false);
      void stream.next().catch(() => undefined);
    };
    for (let i = 0; i < 4; i++) await look();
    await assert.rejects(
      first(kernel, 'tap', {}, 'json', 1, () => undefined),
      /4 others are looking on already/,
    );
    leave[0]!();
    for (let i = 0; ; i++) {
      assert.ok(i < 100, 'its place stays taken');
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (
        await look().then(
          () => true,
          () => false,
        )
      )
        break;
    }
    for (const each of leave) each();
  });

  it('get two thousand items a second, and are told how many more there were', async () => {
    await using kernel = await ControlledKernel.start();
    const { eventhandler } = kernel.kernel;
    eventhandler.defineList('tapped_event');
    const burst = (): void => {
      for (let i = 0; i < 10_000; i++) eventhandler.invoke('tapped_event', i);
    };
    const items = await first(kernel, 'tap', { lists: ['tapped_event'] }, 'json', 1, burst);
    const { what, count } = JSON.parse(items[0]!) as { what: string; count: number };
    assert.equal(what, 'missed');
    assert.ok(count >= 9000, String(count));
  });
});

describe('top', { skip: needs('native') }, () => {
  it('reports rates, times and errors of lists and handlers', async () => {
    await using kernel = await ControlledKernel.start();
    const { eventhandler } = kernel.kernel;
    eventhandler.register('tapped_event', {
      name: 'slow',
      owner: 'pager',
      handler: () => {
        const until = performance.now() + 2;
        while (performance.now() < until);
      },
    });
    const [report] = await first(kernel, 'top', { seconds: 0.3 }, 'json', 1, () =>
      eventhandler.invoke('tapped_event', 1),
    );
    const { seconds, lists, handlers } = JSON.parse(report!) as {
      seconds: number;
      lists: { list: string; events: number; calls: number; ms: number; maxMs: number }[];
      handlers: { handler: string; owner: string; calls: number }[];
    };
    const busiest = lists[0]!;
    assert.ok(seconds >= 0.29);
    assert.equal(busiest.list, 'tapped_event');
    assert.ok(busiest.events > 0 && busiest.calls === busiest.events);
    assert.ok(busiest.ms >= 2 * busiest.calls && busiest.maxMs >= 2);
    assert.deepEqual(
      [handlers[0]?.handler, handlers[0]?.owner, handlers[0]?.calls],
      ['slow', 'pager', busiest.calls],
    );
    const text = await first(kernel, 'top', { seconds: 0.2 }, 'text', 4, () =>
      eventhandler.invoke('tapped_event', 1),
    );
    assert.match(text[0]!, /events\/s, handlers take \d+\.\d\d % of the time, 0 errors$/);
    assert.match(text[2]!, /^LIST +EVENTS\/S +CALLS\/S +MS\/S +LONGEST +ERRORS$/);
    assert.match(text[3]!, /^tapped_event /);
  });
});

describe('seats', () => {
  it('are taken and given back, once each; nobody can take those of root', () => {
    const seats = new Seats(2);
    const [one, two] = [seats.take({ uid: 1000 }), seats.take({ uid: 1001 })];
    assert.throws(() => seats.take({ uid: 1002 }), { code: 'EBUSY' });
    const root = seats.take({ uid: 0 });
    one[Symbol.dispose]();
    one[Symbol.dispose]();
    const three = seats.take({ uid: 1002 });
    assert.throws(() => seats.take({ uid: 1003 }), { code: 'EBUSY' });
    for (const each of [two, three, root]) each[Symbol.dispose]();
  });
});

describe('patterns of names', () => {
  it('have stars for any characters, and match whole names', () => {
    const fits = (pattern: string, name: string): boolean => globs([pattern])(name);
    assert.deepEqual(
      ['a', 'ab', 'aba', 'ba', ''].map((name) => [
        fits('a', name),
        fits('a*', name),
        fits('*a', name),
        fits('a*a', name),
        fits('*', name),
        fits('*b*', name),
        fits('**', name),
      ]),
      [
        [true, true, true, false, true, false, true],
        [false, true, false, false, true, true, true],
        [false, true, true, true, true, true, true],
        [false, false, true, false, true, true, true],
        [false, false, false, false, true, false, true],
      ],
    );
    assert.equal(fits('a*b*c', 'a-b-b-c'), true);
    assert.equal(fits('a*bc*c', 'a-bc'), false);
    assert.equal(globs([])('anything'), true);
  });
});

describe('an argument for those who look on', () => {
  it('that is bytes is shown as link-layer addresses are written', () => {
    assert.deepEqual(shown({ lladdr: Uint8Array.of(0, 0, 0x5e, 0, 1, 51) }), { lladdr: '00:00:5e:00:01:33' });
  });

  it('is data without secrets, or the name that it gives itself, and never long', () => {
    class Named {
      toString(): string {
        return '1@eth0';
      }
    }
    class Hostile {
      toString(): string {
        throw new Error('no');
      }
    }
    assert.deepEqual([new Named(), new Hostile(), { token: 'x', a: [1] }, undefined, () => 1].map(shown), [
      '1@eth0',
      '[no]',
      { token: '(hidden)', a: [1] },
      'undefined',
      '[function anonymous]',
    ]);
    const long = shown({ text: 'x'.repeat(10_000) });
    assert.ok(typeof long === 'string' && long.length < 600);
  });
});
