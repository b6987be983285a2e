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
    assert.equal(tie.judge(false, peer, 1248, 999, 1000), 'hold');
    assert.equal(tie.judge(false, peer, 1249, 999, 1000), 'speak');
    assert.equal(tie.judge(false, peer, 1499, 1249, 1000), 'yield');
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

  it('forgets none of sixteen when one of them is heard again', () => {
    const tie = make();
    const ignored = (host: number, now: number) =>
      tie.judge(true, address(`10.0.1.${host}`), now, now - 1, 100_000);
    for (let round = 0; round < 2; round++)
      for (let host = 0; host < 16; host++) assert.equal(ignored(host, 1000 * round + 10 * host), 'stay');
    assert.equal(ignored(5, 4000), 'stay');
    assert.deepEqual([ignored(0, 4010), ignored(0, 4020)], ['stay', 'yield']);
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

  it('is not ignored by a peer to which it has said nothing since it heard it last', () => {
    const tie = make();
    for (let n = 0; n < 10; n++) assert.equal(tie.judge(true, peer, 1000 + n, 1000, 1000), 'stay');
    for (let n = 0; n < 10; n++)
      assert.equal(tie.judge(true, peer, 2000 + 10 * n, 2000 + 10 * (n - 1), 1000), 'stay');
  });

  it('has spoken to the peer if it did in the moment in which they met', () => {
    const tie = make();
    assert.equal(tie.judge(false, peer, 1000, 1000, 1000), 'hold');
    assert.equal(tie.judge(false, peer, 1250, 1000, 1000), 'yield');
  });

  it('has not, if it spoke before; it speaks as soon as nothing can have crossed', () => {
    const tie = make();
    assert.equal(tie.judge(false, peer, 1249, 1000, 1000), 'hold');
    assert.equal(tie.judge(false, peer, 1250, 1000, 1000), 'speak');
    assert.equal(tie.judge(false, peer, 1499, 1000, 1000), 'speak', 'it has not left');
    assert.equal(tie.judge(false, peer, 1500, 1000, 1000), 'yield');
  });

  it('yields to nobody before it has spoken, however often it hears him: he would not know of it', () => {
    const tie = make();
    for (let n = 0; n < 10; n++) assert.equal(tie.judge(false, peer, 1100 + n, 1000, 1000), 'hold');
    assert.equal(tie.judge(false, peer, 2100, 1000, 1000), 'speak');
    assert.equal(tie.judge(false, peer, 3100, 2100, 1000), 'yield');
  });

  it('goes on with a meeting for three intervals of silence', () => {
    const meets = (after: number) => {
      const tie = make();
      assert.equal(tie.judge(false, peer, 1000, 500, 1000), 'speak');
      return tie.judge(false, peer, 1000 + after, 500, 1000);
    };
    assert.equal(meets(3000), 'yield');
    assert.equal(meets(3001), 'speak');
  });

  it('holds on against a peer without an address, and rules in it no rival', () => {
    const tie = make();
    tie.end(peer, 1000);
    tie.begin(true, 1000);
    assert.equal(tie.judge(false, undefined, 9000, 8000, 1000), 'speak');
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

  it('takes what was under way when it yielded for no master: two intervals', () => {
    for (const [after, verdict] of [
      [2000, 'stay'],
      [2001, 'speak'],
    ] as const) {
      const tie = make();
      tie.end(peer, 1000);
      tie.heard(peer, 1000 + after);
      tie.begin(true, 1000);
      assert.equal(tie.judge(false, peer, 9000, 8000, 1000), verdict);
    }
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

  it('listens to IPv6 about a peer that is not heard over IPv4, from its second word on', () => {
    const tie = make();
    const [one, two] = [address('fe80::2'), address('fe80::3')];
    const decides = (from: InetAddress) => tie.decides(6, from, [4, 6]);
    assert.deepEqual([one, two, one, two, one].map(decides), [false, false, true, true, true]);
    assert.equal(tie.decides(4, peer, [4, 6]), true);
    assert.deepEqual([one, one].map(decides), [false, true]);
    tie.begin(false, 1000);
    assert.deepEqual([one, one].map(decides), [false, true]);
    assert.equal(make().decides(6, one, [6]), true, 'a vhid without IPv4 has no other');
  });

  it('counts the words of fifteen others over IPv6 meanwhile, and no more', () => {
    const decides = (others: number) => {
      const tie = make();
      tie.decides(6, address('fe80::2'), [4, 6]);
      for (let host = 0; host < others; host++) tie.decides(6, address(`fe80::1:${host}`), [4, 6]);
      return tie.decides(6, address('fe80::2'), [4, 6]);
    };
    assert.deepEqual([decides(14), decides(15)], [true, false]);
  });

  it('goes on in a successor where it was', () => {
    const heirOf = (tie: TieBreak): TieBreak => {
      const heir = make();
      heir.adopt(structuredClone(tie.capture()));
      return heir;
    };
    assert.deepEqual(heirOf(make()).capture(), { meetings: [], over6: [], rival: null });
    const held = make();
    assert.equal(held.judge(false, peer, 1000, 999, 1000), 'hold');
    assert.equal(heirOf(held).judge(false, peer, 1010, 999, 1000), 'hold');
    assert.equal(heirOf(held).judge(false, peer, 1300, 999, 1000), 'speak');
    const spoken = make();
    assert.equal(spoken.judge(false, peer, 1000, 400, 1000), 'speak');
    assert.equal(heirOf(spoken).judge(false, peer, 1250, 1000, 1000), 'yield');
    const heard = make();
    heard.decides(6, address('fe80::2'), [4, 6]);
    assert.equal(heirOf(heard).decides(6, address('fe80::2'), [4, 6]), true);
    const rival = make();
    rival.end(peer, 1000);
    const heir = heirOf(rival);
    heir.begin(true, 1000);
    assert.equal(heir.judge(false, peer, 9000, 8000, 1000), 'stay');
  });

  it('knows that a crossing lasts a quarter of a second, and of a short interval', () => {
    assert.equal(make().judge(false, peer, 1249, 1000, 10_000), 'hold');
    assert.equal(make().judge(false, peer, 1250, 1000, 10_000), 'speak');
    assert.equal(make().judge(false, peer, 1099, 1000, 400), 'hold');
    assert.equal(make().judge(false, peer, 1100, 1000, 400), 'speak');
    const tie = make();
    for (const [interval, slack] of [
      [400, 100],
      [10_000, 250],
    ] as const) {
      const delay = tie.holdDelay(interval);
      assert.ok(delay >= slack && delay <= 1.5 * slack);
    }
  });

  it('advertises, answers and waits out of step, and later than the crossing lasts', () => {
    const tie = make();
    /** A hundred come near the ends of the range, and do not pass them. */
    const ranges = (draw: () => number, from: number, to: number): void => {
      const drawn = Array.from({ length: 100 }, draw).toSorted((a, b) => a - b);
      const near = (to - from) / 20;
      assert.ok(drawn[0]! >= from && drawn[0]! < from + near, `${drawn[0]}`);
      assert.ok(drawn.at(-1)! <= to && drawn.at(-1)! > to - near, `${drawn.at(-1)}`);
    };
    ranges(() => tie.holdDelay(1000), 250, 375);
    ranges(() => tie.answerDelay(1000), 275, 325);
    ranges(() => tie.backoff(), 0.2, 0.6);
  });
});
