/** What becomes of a virtual host that cannot serve: its demotion, its bow-out, and when it may take over again. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { VirtualClock } from '../../../core/index.js';
import { DemotionLedger } from '../../../modules/vip/demotion/ledger.js';
import { Fitness } from '../../../modules/vip/service/fitness.js';
import { Troubles } from '../../../modules/vip/service/troubles.js';
import type { VipState } from '../../../modules/vip/state.js';

const log = { write: () => undefined } as never;

/** A MASTER, its ledger, and what it does. */
function master({ bowOut = true } = {}) {
  const clock = new VirtualClock();
  const demotion = new DemotionLedger({ clock, log });
  const done: string[] = [];
  const trial = { succeeds: false };
  const owner = {
    name: '1@eth0',
    state: 'MASTER' as VipState,
    settings: { bowOut },
    service: {
      ifp: {} as never,
      tryToServe: () => {
        done.push('tries');
        return trial.succeeds;
      },
    },
    bowOut: () => void done.push('bows out'),
    announce: () => void done.push('announces'),
  };
  const tunables = { ifdownDemotionFactor: { value: 240 } } as never;
  const make = (): Fitness => new Fitness(owner, { clock, demotion, protocol: 'carp', tunables });
  const fitness = make();
  const sum = (): number => demotion.local({ name: '1@eth0' } as never);
  const troubles = new Troubles((trouble) => fitness.served(trouble));
  return { clock, owner, fitness, troubles, trial, make, sum, news: () => done.splice(0) };
}

const trouble = (total: boolean) => ({ reason: 'no quota', total });

it('a MASTER that serves none is demoted and bows out once, and announces when it serves again', () => {
  const { fitness, news, sum } = master();
  fitness.served(trouble(true));
  fitness.served(trouble(true));
  assert.deepEqual([news(), sum(), fitness.failing], [['bows out'], 240, true]);
  fitness.served(undefined);
  fitness.served(undefined);
  assert.deepEqual([news(), sum(), fitness.failing], [['announces'], 0, false]);
  fitness.served(trouble(true));
  assert.deepEqual(news(), ['bows out']);
});

it('one that serves some is demoted and bows out only once it serves none', () => {
  const { fitness, news, sum } = master();
  fitness.served(trouble(false));
  assert.deepEqual([news(), sum()], [[], 240]);
  fitness.served(trouble(true));
  fitness.served(trouble(true));
  assert.deepEqual(news(), ['bows out']);
  fitness.served(trouble(false));
  fitness.served(trouble(true));
  assert.deepEqual(news(), ['bows out']);
});

it('that one part cannot serve at all is not forgotten because another one tries again', () => {
  const { troubles, news } = master();
  troubles.found('routes', trouble(false));
  for (let times = 0; times < 3; times++) {
    troubles.found('place', trouble(true));
    troubles.found('routes', trouble(false));
  }
  assert.deepEqual(news(), ['bows out']);
  troubles.gone('routes');
  assert.deepEqual(news(), []);
});

it('nobody but a MASTER bows out, nor one whose settings forbid it', () => {
  const silent = master({ bowOut: false });
  silent.fitness.served(trouble(true));
  const { owner, fitness, news, sum } = master();
  owner.state = 'BACKUP';
  fitness.served(trouble(true));
  assert.deepEqual([silent.news(), silent.sum(), news(), sum()], [[], 240, [], 240]);
});

it('after a failure it tries first: upon a bow-out at any time, in a contest once it is not demoted any more', () => {
  const { clock, owner, fitness, trial, news } = master();
  const may = (): boolean[] =>
    (['silence', 'bow-out', 'contest'] as const).map((each) => fitness.mayTakeOver(each));
  assert.deepEqual([may(), news()], [[true, true, true], []]);
  fitness.served(trouble(true));
  owner.state = 'BACKUP';
  fitness.follow();
  news();
  assert.deepEqual([may(), news()], [[true, false, false], ['tries']]);
  trial.succeeds = true;
  assert.deepEqual([may(), news()], [[true, true, false], ['tries']]);
  clock.advanceSync(10_000);
  assert.deepEqual(
    [may(), news()],
    [
      [true, true, true],
      ['tries', 'tries'],
    ],
  );
});

it('a successor goes on with it, and does not bow out again', () => {
  const { fitness, make, news, sum } = master();
  fitness.served(trouble(true));
  const state = fitness.capture();
  fitness.give();
  assert.equal(sum(), 0, 'it is the successor’s');
  const successor = make();
  successor.adopt(state);
  assert.deepEqual([sum(), successor.failing], [240, true]);
  news();
  successor.served(trouble(true));
  assert.deepEqual(news(), []);
  successor[Symbol.dispose]();
  assert.equal(sum(), 0);
});

it('a successor of one that served some bows out once it serves none', () => {
  const { fitness, make, news } = master();
  fitness.served(trouble(false));
  const state = fitness.capture();
  fitness.give();
  const successor = make();
  successor.adopt(state);
  successor.served(trouble(true));
  successor.served(trouble(true));
  assert.deepEqual(news(), ['bows out']);
});

it('a successor takes a fault of which no word says more for one that left no address', () => {
  const { fitness, make, news } = master();
  fitness.served(trouble(true));
  const state = { ...fitness.capture(), servesNone: null };
  fitness.give();
  const successor = make();
  successor.adopt(state);
  news();
  successor.served(trouble(true));
  assert.deepEqual(news(), []);
});

it('a part that serves is no news while only others do not; what is left is told when one is over', () => {
  const told: (string | undefined)[] = [];
  const troubles = new Troubles(
    (each) => void told.push(each && `${each.reason}${each.total ? ', none' : ''}`),
  );
  const news = (): (string | undefined)[] => told.splice(0);
  troubles.gone('place');
  assert.deepEqual(news(), [undefined]);
  troubles.found('routes', { reason: 'no route', total: false });
  troubles.gone('place');
  assert.deepEqual(news(), ['no route']);
  troubles.found('place', { reason: 'no permission', total: true });
  troubles.found('provider', { reason: 'no quota', total: false });
  assert.deepEqual(news(), ['no permission, none', 'no quota, none']);
  troubles.gone('place');
  troubles.gone('routes');
  assert.deepEqual(news(), ['no route', 'no quota']);
  troubles.gone('provider');
  assert.deepEqual(news(), [undefined]);
});
