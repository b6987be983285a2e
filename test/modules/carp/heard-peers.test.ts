/** The evidence of what a failover was about: who was heard, when, and how regularly. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeardPeers } from '../../../modules/carp/link/heard-peers.js';
import { InetAddress } from '../../../modules/ifnet/index.js';

const reception = (last: number, arrivedAt: number, [advbase, advskew, demote] = [1, 0, 0]) =>
  ({ source: InetAddress.parse(`10.0.0.${last}`), advbase, advskew, demote, arrivedAt }) as never;

describe('the peers that were heard', () => {
  it('stand with their latest settings, the latest heard first', () => {
    const peers = new HeardPeers();
    peers.note(reception(1, 100, [1, 5, 0]));
    peers.note(reception(2, 200, [1, 6, 0]));
    peers.note(reception(1, 300, [2, 7, 3]));
    assert.deepEqual(peers.status(350), [
      { address: '10.0.0.1', advbase: 2, advskew: 7, demote: 3, heardAgo: 50, bowedOut: false, gaps: [200] },
      { address: '10.0.0.2', advbase: 1, advskew: 6, demote: 0, heardAgo: 150, bowedOut: false, gaps: [] },
    ]);
  });

  it('keep their settings when they bow out, until they are heard as MASTER again', () => {
    const peers = new HeardPeers();
    const seen = () => {
      const [{ advbase, advskew, bowedOut } = {}] = peers.status(0);
      return [advbase, advskew, bowedOut];
    };
    peers.note(reception(1, 0, [1, 5, 0]));
    peers.note(reception(1, 1, [255, 255, 0]));
    assert.deepEqual(seen(), [1, 5, true]);
    // 255 is a setting as long as not both of them are.
    peers.note(reception(1, 2, [255, 4, 0]));
    assert.deepEqual(seen(), [255, 4, false]);
    peers.note(reception(1, 3, [1, 255, 0]));
    assert.deepEqual(seen(), [1, 255, false]);
  });

  it('are eight at most: the one heard longest ago makes room', () => {
    const peers = new HeardPeers();
    for (let last = 1; last <= 8; last++) peers.note(reception(last, last));
    peers.note(reception(1, 9));
    peers.note(reception(9, 10));
    const heard = peers.status(10).map(({ address }) => Number(address.split('.')[3]));
    assert.deepEqual(heard, [9, 1, 8, 7, 6, 5, 4, 3]);
  });

  it('have eight gaps at most, the latest first', () => {
    const peers = new HeardPeers();
    let time = 0;
    for (let gap = 0; gap < 11; gap++) peers.note(reception(1, (time += gap)));
    assert.deepEqual(peers.status(time)[0]!.gaps, [10, 9, 8, 7, 6, 5, 4, 3]);
  });
});
