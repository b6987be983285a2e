/** The evidence of what a failover was about: who was heard, when, and how regularly. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InetAddress } from '../../../modules/ifnet/index.js';
import { HeardPeers } from '../../../modules/vip/index.js';

interface Words {
  readonly advbase: number;
  readonly advskew: number;
}

const hosts = () =>
  new HeardPeers<Words>({
    copy: ({ advbase, advskew }) => ({ advbase, advskew }),
    same: (a, b) => a.advbase === b.advbase && a.advskew === b.advskew,
  });
const host = (last: number) => InetAddress.parse(`10.0.0.${last}`);
const WORDS: Words = { advbase: 1, advskew: 0 };

describe('the peers that were heard', () => {
  it('stand with their latest words, the latest heard first', () => {
    const peers = hosts();
    peers.note(host(1), { advbase: 1, advskew: 5 }, 100, false);
    peers.note(host(2), { advbase: 1, advskew: 6 }, 200, false);
    // What else is in the object is not kept.
    peers.note(host(1), { advbase: 2, advskew: 7, source: 'x' } as Words, 300, false);
    assert.deepEqual(peers.status(350), [
      { address: '10.0.0.1', advbase: 2, advskew: 7, heardAgo: 50, bowedOut: false, gaps: [200] },
      { address: '10.0.0.2', advbase: 1, advskew: 6, heardAgo: 150, bowedOut: false, gaps: [] },
    ]);
  });

  it('notice when one of several words changes', () => {
    const peers = hosts();
    const seen = () => peers.status(0).map(({ advbase, advskew }) => [advbase, advskew])[0];
    for (const words of [
      { advbase: 1, advskew: 5 },
      { advbase: 1, advskew: 6 },
      { advbase: 2, advskew: 6 },
    ]) {
      peers.note(host(1), words, 0, false);
      assert.deepEqual(seen(), [words.advbase, words.advskew]);
    }
  });

  it('keep their words when they bow out, until they are heard as MASTER again', () => {
    const peers = hosts();
    const seen = () => {
      const [{ advbase, advskew, bowedOut } = {}] = peers.status(0);
      return [advbase, advskew, bowedOut];
    };
    peers.note(host(1), { advbase: 1, advskew: 5 }, 0, false);
    peers.note(host(1), { advbase: 255, advskew: 255 }, 1, true);
    assert.deepEqual(seen(), [1, 5, true]);
    peers.note(host(1), { advbase: 255, advskew: 4 }, 2, false);
    assert.deepEqual(seen(), [255, 4, false]);
  });

  it('are eight at most: the one heard longest ago makes room', () => {
    const peers = hosts();
    for (let last = 1; last <= 8; last++) peers.note(host(last), WORDS, last, false);
    peers.note(host(1), WORDS, 9, false);
    peers.note(host(9), WORDS, 10, false);
    const heard = peers.status(10).map(({ address }) => Number(address.split('.')[3]));
    assert.deepEqual(heard, [9, 1, 8, 7, 6, 5, 4, 3]);
  });

  it('have eight gaps at most, the latest first', () => {
    const peers = hosts();
    let time = 0;
    for (let gap = 0; gap < 11; gap++) peers.note(host(1), WORDS, (time += gap), false);
    assert.deepEqual(peers.status(time)[0]!.gaps, [10, 9, 8, 7, 6, 5, 4, 3]);
  });
});
