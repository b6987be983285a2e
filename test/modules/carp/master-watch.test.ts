/** What a vhid knows of its master, family by family, before and after it has heard something. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VirtualClock } from '../../../core/index.js';
import { BOW_OUT_UNITS } from '../../../modules/carp/election/election.js';
import { MasterWatch, type MasterWatchOwner } from '../../../modules/carp/election/master-watch.js';
import { parseOptions } from '../../../modules/carp/settings.js';
import { InetAddress, type InetFamily } from '../../../modules/ifnet/index.js';

const MASTER = { units: 256, demote: 0, source: InetAddress.parse('10.88.0.2') };

const SETTINGS = parseOptions({
  ifname: 'eth0',
  vhid: 1,
  password: 'secret',
  addresses: ['10.88.0.100/24', 'fd00::100/64'],
}).settings;

/** Where we advertise from, every 257/256 s. */
const OWN = { 4: '10.88.0.1', 6: 'fe80::1' } as const;

const OTHER = { ...MASTER, source: InetAddress.parse('10.88.0.3') };

function made(families: readonly InetFamily[] = [4, 6], speaks: Partial<MasterWatchOwner> = {}) {
  const owner: MasterWatchOwner = {
    name: '1@eth0',
    families,
    voice: 'own',
    groupServes: false,
    settings: SETTINGS,
    contender: (family) => ({ ...MASTER, units: 257, source: InetAddress.parse(OWN[family]) }),
    rehearse: () => {},
  };
  return new MasterWatch(new VirtualClock(), { ...owner, ...speaks }, () => {});
}

describe('a family', () => {
  it('that has not heard the master does not miss it: it may have none', () => {
    const watch = made();
    assert.deepEqual(watch.unheard, []);
    assert.equal(watch.heard(4, MASTER, 0), false, 'nor is it news that it hears it');
  });
});

/** IPv6 misses the master, which IPv4 hears. */
function missing(families: readonly InetFamily[] = [4, 6]) {
  const watch = made(families);
  watch.arm(4, 4000, 1000);
  watch.vote(6, 'master timed out');
  assert.deepEqual(watch.missing(), [6]);
  assert.deepEqual(watch.unheard, [6]);
  return watch;
}

describe('a family that misses the master', () => {
  it('begins anew when it was removed meanwhile', () => {
    const families: InetFamily[] = [4, 6];
    const watch = missing(families);
    families.pop();
    watch.fit(() => assert.fail());
    families.push(6);
    const armed: InetFamily[] = [];
    watch.fit((family) => armed.push(family));
    assert.deepEqual([armed, watch.unheard], [[6], []]);
  });

  it('is no news when the vhid has left BACKUP', () => {
    const watch = missing();
    watch.stop();
    assert.deepEqual(watch.unheard, []);
    assert.equal(watch.heard(6, MASTER, 0), false);
  });
});

describe('the last word of a worse master', () => {
  it('is told by its source, though it says the same of itself as the one that is followed', () => {
    const watch = made();
    watch.heard(4, MASTER, 0);
    watch.follow(4);
    assert.equal(watch.isLastWord(4), false);
    watch.heard(4, OTHER, 1000);
    assert.equal(watch.isLastWord(4), true);
  });

  it('is none when the vhid has been MASTER since: it follows nobody', () => {
    const watch = made();
    watch.heard(4, MASTER, 0);
    watch.follow(4);
    watch.stop();
    watch.heard(4, OTHER, 0);
    assert.equal(watch.isLastWord(4), false);
  });
});

describe('a word', () => {
  it('counts until another is heard', () => {
    const watch = made();
    watch.heard(4, OTHER, 0);
    assert.equal(watch.counts(4, OTHER), true);
    watch.heard(4, MASTER, 1);
    assert.equal(watch.counts(4, OTHER), false);
  });
});

describe('a sign of life', () => {
  it('says when the master was heard, and nothing else of it', () => {
    const watch = made();
    watch.heard(4, MASTER, 0);
    watch.heard(4, undefined, 1000);
    assert.equal(watch.heardAt, 1000);
    assert.equal(watch.counts(4, MASTER), true);
    assert.equal(watch.knowsBetter(2000, 1000), true);
  });
});

describe('a successor', () => {
  const heirOf = (watch: MasterWatch): MasterWatch => {
    const heir = made();
    heir.adopt(structuredClone(watch.capture()));
    return heir;
  };

  it('knows which family misses the master, and that one has voted', () => {
    const heir = heirOf(missing());
    assert.deepEqual(heir.unheard, [6]);
    assert.equal(heir.vote(4, 'master timed out'), 'master timed out');
  });

  it('knows that a family has not voted, and does not wait', () => {
    const { deadline, vote } = made().capture()[4];
    assert.deepEqual([deadline, vote], [null, null]);
    const heir = heirOf(made());
    assert.deepEqual([...heir.deadlines], []);
    assert.equal(heir.vote(4, 'master timed out'), undefined);
  });

  it('knows who was heard when', () => {
    const watch = made();
    watch.heard(4, MASTER, 1000);
    const heir = heirOf(watch);
    assert.equal(heir.knowsBetter(2000, 1000), true);
    assert.equal(heir.knowsBetter(2001, 1000), false);
  });

  it('knows of a master whose interface had no address', () => {
    const watch = made();
    watch.heard(4, { ...MASTER, source: undefined }, 1000);
    assert.equal(watch.capture()[4].peer?.source, null);
    assert.equal(heirOf(watch).knowsBetter(1000, 0), true);
  });
});

describe('a master that is better than we are', () => {
  it('is known for as long as one waits for it, whatever family it is heard in', () => {
    for (const family of [4, 6] as const) {
      const watch = made();
      assert.equal(watch.knowsBetter(1000, 1000), false);
      watch.heard(family, MASTER, 0);
      assert.equal(watch.knowsBetter(1000, 1000), true);
      assert.equal(watch.knowsBetter(1001, 1000), false);
    }
  });

  it('is one that has the same and wins the tie: over IPv4, as long as that hears the same', () => {
    const equal = { ...MASTER, units: 257 };
    const six = { ...equal, source: InetAddress.parse('fe80::') };
    const watch = made();
    watch.heard(4, equal, 0);
    watch.heard(6, six, 0);
    assert.equal(watch.knowsBetter(0, 3000), false);
    watch.heard(6, { ...six, units: 256 }, 0);
    assert.equal(watch.knowsBetter(0, 3000), true);
    watch.heard(6, { ...six, demote: 1 }, 0);
    assert.equal(watch.knowsBetter(0, 3000), false);
    const single = made([6]);
    single.heard(4, equal, 0);
    single.heard(6, six, 0);
    assert.equal(single.knowsBetter(0, 3000), true);
  });

  it('is one that wins the tie over IPv6, if IPv4 hears another, or what a MASTER with its address would not', () => {
    const equal = { ...MASTER, units: 257 };
    for (const over4 of [
      { ...equal, demote: 1 },
      { ...equal, source: InetAddress.parse('10.88.0.100') },
    ]) {
      const watch = made();
      watch.heard(4, over4, 0);
      assert.equal(watch.knowsBetter(0, 3000), false);
      watch.heard(6, { ...equal, source: InetAddress.parse('fe80::') }, 0);
      assert.equal(watch.knowsBetter(0, 3000), true);
    }
  });

  it('is any that has not bowed out, to a host that it would not hear', () => {
    for (const voice of ['shared', 'none'] as const) {
      const watch = made([4], { voice });
      assert.equal(watch.knowsBetter(100, 3000), false);
      watch.heard(4, { ...MASTER, units: 300 }, 0);
      assert.equal(watch.knowsBetter(100, 3000), true);
      watch.heard(4, { ...MASTER, units: BOW_OUT_UNITS }, 50);
      assert.equal(watch.knowsBetter(100, 3000), false);
    }
  });
});

describe('who counts as worse than the master', () => {
  const own = { ...MASTER, units: 300 };

  it('waits as long as the equals of that, in the family heard last', () => {
    for (const [first, last] of [
      [4, 6],
      [6, 4],
    ] as const) {
      const watch = made();
      watch.heard(last, MASTER, 0);
      assert.equal(watch.patience(own, SETTINGS), 3000);
      watch.heard(first, { ...MASTER, units: 512 }, 1000);
      assert.equal(watch.patience({ ...own, demote: 1 }, SETTINGS), 6000);
      watch.heard(last, MASTER, 2000);
      assert.equal(watch.patience(own, SETTINGS), 3000);
    }
  });

  it('no longer does once that is demoted as well', () => {
    const watch = made();
    const demoted = { ...MASTER, demote: 1 };
    watch.heard(4, MASTER, 0);
    assert.equal(watch.patience(demoted, SETTINGS), 3000);
    watch.heard(4, demoted, 0);
    assert.equal(watch.patience(demoted, SETTINGS), 0);
  });

  it('is nobody who has heard none, or is no worse', () => {
    const watch = made();
    assert.equal(watch.patience(own, SETTINGS), 0);
    watch.heard(4, { ...MASTER, units: 300 }, 0);
    assert.equal(watch.patience(own, SETTINGS), 0);
  });
});

describe('IPv6', () => {
  it('follows the group as IPv4 would, while the rest of it serves here', () => {
    for (const groupServes of [true, false]) {
      const watch = made([4, 6], { groupServes });
      watch.heard(4, MASTER, 0);
      assert.equal(watch.followsGroup(6, MASTER, 0), false);
      watch.vote(4, 'failover group');
      assert.equal(watch.followsGroup(6, MASTER, 0), groupServes);
      assert.equal(watch.followsGroup(4, MASTER, 0), false);
    }
  });
});

describe('the wait for the master', () => {
  it('ends with the last family, and only if one waits', () => {
    const watch = made();
    assert.equal(watch.endsBefore(10_000), false);
    watch.arm(4, 3000, 0);
    assert.equal(watch.endsBefore(3000), false);
    assert.equal(watch.endsBefore(3001), true);
    watch.arm(6, 4000, 0);
    assert.equal(watch.endsBefore(3001), false);
    assert.equal(watch.endsBefore(4001), true);
    // Its advertisement said so, not its timer.
    watch.vote(4, 'master will time out');
    assert.deepEqual([...watch.deadlines], [[6, 4000]]);
  });
});

describe('a vote', () => {
  const VOTES = ['master timed out', 'master will time out', 'preempting a slower master'] as const;
  /** Which votes a host may follow at that time, that heard the master at 1000. Its dead time is 3000. */
  const may = (speaks: Partial<MasterWatchOwner>, at: number, units = MASTER.units): string[] => {
    const watch = made([4], speaks);
    watch.heard(4, { ...MASTER, units }, 1000);
    return VOTES.filter((vote) => watch.mayClaim(vote, at, 3000));
  };

  it('is followed by a host that is heard, and by one that few would hear if there is no master', () => {
    for (const groupServes of [false, true]) {
      assert.deepEqual(may({ voice: 'own', groupServes }, 4000), VOTES);
      assert.deepEqual(
        may({ voice: 'shared', groupServes }, 4000),
        VOTES.slice(0, 1),
        'one that is slow is there',
      );
      assert.deepEqual(may({ voice: 'shared', groupServes }, 4000, BOW_OUT_UNITS), VOTES.slice(0, 2));
    }
  });

  it('is followed by one that nobody hears only for its failover group, after more than one dead time', () => {
    assert.deepEqual(may({ voice: 'none' }, 100_000), []);
    assert.deepEqual(may({ voice: 'none', groupServes: true }, 4000), [], 'a peer may be about to come back');
    assert.deepEqual(may({ voice: 'none', groupServes: true }, 5500), []);
    assert.deepEqual(may({ voice: 'none', groupServes: true }, 5501), ['master timed out']);
  });
});
