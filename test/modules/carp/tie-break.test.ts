import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '../../../core/index.js';
import { TieBreak } from '../../../modules/carp/election/tie-break.js';
import { InetAddress } from '../../../modules/ifnet/index.js';

const address = (text: string) => InetAddress.parse(text);

describe('the tie-break of auto', () => {
  const peer = address('10.0.0.2');
  const make = () => new TieBreak(seededRandom(1));

  it('speaks before it yields: the winner may not have heard of us', () => {
    const tie = make();
    assert.equal(tie.judge(false, peer, 1000, 400, 1000), 'speak');
    assert.equal(tie.judge(false, peer, 1249, 1000, 1000), 'hold');
    assert.equal(tie.judge(false, peer, 1250, 1000, 1000), 'yield');
  });

  it('yields when it spoke a while ago, though it has just spoken again', () => {
    const tie = make();
    assert.equal(tie.judge(false, peer, 1000, 400, 1000), 'speak');
    assert.equal(tie.judge(false, peer, 1100, 1000, 1000), 'hold');
    assert.equal(tie.judge(false, peer, 2300, 2290, 1000), 'yield');
  });

  it('speaks to each peer, whatever it has said to others', () => {
    const tie = make();
    const third = address('10.0.0.3');
    assert.equal(tie.judge(false, peer, 1000, 400, 1000), 'speak');
    assert.equal(tie.judge(false, third, 1500, 1000, 1000), 'speak');
    assert.equal(tie.judge(false, peer, 1501, 1500, 1000), 'yield');
  });

  it('holds on when the advertisements may have crossed, but not for ever', () => {
    const tie = make();
    assert.equal(tie.judge(false, peer, 1000, 999, 1000), 'hold');
    assert.equal(tie.judge(false, peer, 1010, 999, 1000), 'hold');
    assert.equal(tie.judge(false, peer, 1020, 999, 1000), 'yield');
    tie.begin(true, 1000);
    assert.equal(tie.judge(false, peer, 4000, 3999, 1000), 'hold');
  });

  it('stays as the winner, until it has been ignored four times', () => {
    const tie = make();
    const answers = [1, 2, 3, 4].map((n) => tie.judge(true, peer, n * 1000, n * 1000 - 5, 1000));
    assert.deepEqual(answers, ['stay', 'stay', 'stay', 'yield']);
  });

  it('counts for each peer by itself how often it was ignored', () => {
    const tie = make();
    const third = address('10.0.0.3');
    const answers = [1, 2, 3].flatMap((n) =>
      [peer, third].map((each, i) => tie.judge(true, each, n * 1000 + i * 100, n * 1000 + i * 100 - 5, 1000)),
    );
    assert.deepEqual(new Set(answers), new Set(['stay']));
  });

  it('tells sixteen peers apart, and forgets the one heard longest ago', () => {
    const tie = make();
    const ignored = (host: number, now: number) =>
      tie.judge(true, address(`10.0.1.${host}`), now, now - 1, 100_000);
    for (let round = 0; round < 3; round++)
      for (let host = 0; host < 16; host++) assert.equal(ignored(host, 1000 * round + 10 * host), 'stay');
    assert.equal(ignored(16, 4000), 'stay');
    assert.equal(ignored(0, 4010), 'stay');
    assert.equal(ignored(15, 4020), 'yield');
  });

  it('begins anew when nobody was heard for some intervals: that is another meeting', () => {
    const tie = make();
    for (const meeting of [0, 100_000, 200_000]) {
      const answers = [1, 2, 3].map((n) =>
        tie.judge(true, peer, meeting + n * 1000, meeting + n * 1000 - 5, 1000),
      );
      assert.deepEqual(answers, ['stay', 'stay', 'stay']);
    }
    assert.equal(tie.judge(false, peer, 300_000, 299_999, 1000), 'hold');
    assert.equal(tie.judge(false, peer, 300_010, 299_999, 1000), 'hold');
    assert.equal(tie.judge(false, peer, 400_000, 399_999, 1000), 'hold');
  });

  it('does not yield twice to a peer that yields too', () => {
    const tie = make();
    assert.equal(tie.judge(false, peer, 1000, 0, 1000), 'speak');
    tie.end(peer, 1000);
    tie.heard(peer, 2500);
    tie.begin(true, 1000);
    assert.equal(tie.judge(false, peer, 9000, 8000, 1000), 'stay');
    assert.equal(tie.judge(false, address('10.0.0.3'), 9000, 8000, 1000), 'speak');
    // In that term only.
    tie.end(undefined, 10_000);
    tie.begin(true, 1000);
    assert.equal(tie.judge(false, peer, 19_000, 18_000, 1000), 'speak');
  });

  it('loses again to a peer that was master meanwhile', () => {
    const tie = make();
    tie.end(peer, 1000);
    tie.heard(peer, 60_000);
    tie.begin(true, 1000);
    assert.equal(tie.judge(false, peer, 70_000, 60_000, 1000), 'speak');
  });

  it('loses again when it took over for another reason than silence', () => {
    const tie = make();
    tie.end(peer, 1000);
    tie.begin(false, 1000);
    assert.equal(tie.judge(false, peer, 9000, 8000, 1000), 'speak');
  });

  it('loses again to a peer after which somebody else was heard', () => {
    const tie = make();
    tie.end(peer, 1000);
    tie.heard(address('10.0.0.3'), 1500);
    tie.begin(true, 1000);
    assert.equal(tie.judge(false, peer, 9000, 8000, 1000), 'speak');
  });

  it('does not take the other address of a peer for somebody else', () => {
    const tie = make();
    tie.end(peer, 1000);
    tie.heard(address('fe80::2'), 1001);
    tie.begin(true, 1000);
    assert.equal(tie.judge(false, peer, 9000, 8000, 1000), 'stay');
  });

  it('advertises, answers and waits out of step, and later than the crossing lasts', () => {
    const tie = make();
    for (let i = 0; i < 100; i++) {
      const delay = tie.holdDelay(1000);
      assert.ok(delay >= 250 && delay <= 375);
      const answer = tie.answerDelay(1000);
      assert.ok(answer >= 275 && answer <= 325 && answer !== tie.answerDelay(1000));
      const backoff = tie.backoff();
      assert.ok(backoff >= 0.2 && backoff <= 0.6);
    }
  });
});
