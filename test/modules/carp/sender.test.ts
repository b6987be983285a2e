/** A host that cannot send is demoted, as FreeBSD's is: after three failures in a row, until three in a row succeed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CarpPath, CarpSender } from '../../../modules/carp/link/sender.js';
import { IfnetError, InetAddress, type InetFamily } from '../../../modules/ifnet/index.js';

const counter = () => ({
  value: 0,
  add() {
    this.value++;
  },
});

const FOUR = InetAddress.parse('10.0.0.1');
const SIX = InetAddress.parse('fe80::1');

/** A sender with sockets that fail as `fails` says, and what it did. */
function scene() {
  const statistics = {
    opackets: counter(),
    opackets6: counter(),
    senderrors: counter(),
    onomem: counter(),
  };
  const log: string[] = [];
  const faults: string[] = [];
  const fails = new Map<InetFamily, string>();
  const sent: Uint8Array[] = [];
  let prepared = 0;
  let built = 0;
  const note = (text: string): boolean => faults.push(text) > 0;
  const sender = new CarpSender(
    () => '1@eth0',
    { statistics, refusalLog: () => ({ warning: (text: () => string) => log.push(text()) }) } as never,
    { raise: note, clear: note },
  );
  const path = (family: InetFamily): CarpPath => {
    const check = (): void => {
      const code = fails.get(family);
      if (code === 'bug') throw new TypeError(code);
      if (code !== undefined) throw new IfnetError(code, 'eth0', 'no room');
    };
    const socket = {
      send: (packet: Uint8Array) => {
        check();
        sent.push(packet);
      },
      prepare: () => {
        prepared++;
        check();
      },
    };
    const to = { destination: InetAddress.parse(family === 4 ? '224.0.0.18' : 'ff02::12') };
    return { family, source: family === 4 ? FOUR : SIX, socket, to } as unknown as CarpPath;
  };
  const packetFrom = (source: InetAddress): Uint8Array => {
    built++;
    return Uint8Array.of(source.family);
  };
  const send = (families: readonly InetFamily[] = [4], rehearses = false): boolean =>
    sender.send(packetFrom, families.map(path), rehearses);
  return { sender, statistics, log, faults, fails, sent, send, made: () => ({ built, prepared }) };
}

describe('a vhid that cannot send', () => {
  it('is demoted by the third failure in a row, and serves again after the third success', () => {
    const { faults, fails, send, sender } = scene();
    fails.set(4, 'ENOBUFS');
    send();
    send();
    assert.deepEqual([...sender.failing], [4]);
    assert.deepEqual(faults, []);
    send();
    const raised = 'cannot send advertisements over IPv4 (ENOBUFS)';
    assert.deepEqual(faults, [raised]);
    fails.clear();
    send();
    send();
    assert.deepEqual(faults, [raised]);
    send();
    assert.deepEqual(faults, [raised, 'it can send again']);
  });

  it('counts successes in a row: a failure begins anew', () => {
    const { faults, fails, send } = scene();
    for (const code of ['ENOBUFS', 'ENOBUFS', 'ENOBUFS', '', '', 'ENOBUFS', '', '']) {
      if (code === '') fails.clear();
      else fails.set(4, code);
      send();
    }
    assert.ok(!faults.includes('it can send again'));
    send();
    assert.equal(faults.at(-1), 'it can send again');
  });

  it('counts failures in a row: one success begins anew', () => {
    const { faults, fails, send } = scene();
    for (const code of ['ENOBUFS', 'ENOBUFS', '', 'ENOBUFS', 'ENOBUFS']) {
      if (code === '') fails.clear();
      else fails.set(4, code);
      send();
    }
    assert.ok(!faults.some((text) => text.startsWith('cannot send')));
  });

  it('names every family that fails, and counts and logs each failure with its remedy', () => {
    const { faults, fails, send, statistics, log } = scene();
    fails.set(4, 'ENETUNREACH').set(6, 'ENOMEM');
    for (let i = 0; i < 3; i++) send([4, 6]);
    assert.deepEqual(faults, ['cannot send advertisements over IPv4 and IPv6 (ENOMEM)']);
    assert.equal(statistics.senderrors.value, 6);
    assert.equal(statistics.onomem.value, 3);
    assert.equal(log[0], '1@eth0: cannot send an advertisement to 224.0.0.18: eth0: no room');
  });

  it('counts what it could not send as that alone, and a lack of memory apart', () => {
    for (const [code, lacks] of [
      ['ENOBUFS', 1],
      ['ENOMEM', 1],
      ['EPERM', 0],
    ] as const) {
      const { fails, send, statistics } = scene();
      fails.set(4, code);
      send();
      const { opackets, senderrors, onomem } = statistics;
      assert.deepEqual([opackets.value, senderrors.value, onomem.value], [0, 1, lacks]);
    }
  });

  it('does not hide an error that no network makes', () => {
    const { fails, send } = scene();
    fails.set(4, 'bug');
    assert.throws(() => send(), TypeError);
    assert.throws(() => send([4], true), TypeError);
  });

  it('is not demoted for a unicast peer that is down, as on OpenBSD', () => {
    for (const code of ['EHOSTDOWN', 'EHOSTUNREACH', 'ECONNREFUSED']) {
      const { faults, fails, send, sender, statistics } = scene();
      fails.set(4, code);
      for (let i = 0; i < 5; i++) send();
      assert.deepEqual(
        faults.filter((text) => text.startsWith('cannot send')),
        [],
      );
      assert.deepEqual([...sender.failing], []);
      assert.equal(statistics.senderrors.value, 5);
    }
  });

  it('does not learn that from a rehearsal, which sends and counts nothing', () => {
    const { faults, fails, send, sent, statistics, made } = scene();
    assert.equal(send([4], true), false);
    assert.deepEqual([sent, made()], [[], { built: 1, prepared: 1 }]);
    fails.set(4, 'ENOBUFS');
    for (let i = 0; i < 5; i++) send([4], true);
    assert.deepEqual(faults, []);
    assert.deepEqual([statistics.opackets.value, statistics.senderrors.value], [0, 0]);
  });

  it('says whether an advertisement has left along one path at least, of which an unreachable peer is one', () => {
    const { fails, send } = scene();
    assert.equal(send([4, 6]), true);
    fails.set(4, 'ENOBUFS');
    assert.equal(send([4, 6]), true);
    fails.set(6, 'EPERM');
    assert.equal(send([4, 6]), false);
    fails.set(6, 'EHOSTUNREACH');
    assert.equal(send([4, 6]), true);
  });

  it('hands its count over', () => {
    const { fails, send, sender } = scene();
    fails.set(6, 'ENOBUFS');
    send([4, 6]);
    send([4, 6]);
    const heir = scene();
    heir.sender.adopt(JSON.parse(JSON.stringify(sender.capture())));
    assert.deepEqual([...heir.sender.failing], [6]);
    heir.fails.set(6, 'ENOBUFS');
    heir.send([4, 6]);
    assert.deepEqual(heir.faults, ['cannot send advertisements over IPv6 (ENOBUFS)']);
    heir.fails.clear();
    heir.send([4, 6]);
    heir.send([4, 6]);
    const third = scene();
    third.sender.adopt(JSON.parse(JSON.stringify(heir.sender.capture())));
    third.send([4, 6]);
    assert.deepEqual(third.faults, ['it can send again']);
  });
});

it('all peers of a family get the same packet, which is made once', () => {
  const { send, sent, made } = scene();
  send([4, 4, 4, 6, 6]);
  assert.deepEqual([sent.length, made().built], [5, 2]);
});

it('each family has its own packet, and its own counter', () => {
  const { send, sent, statistics } = scene();
  send([4, 6]);
  send([4]);
  assert.deepEqual(
    sent.map(([family]) => family),
    [4, 6, 4],
  );
  assert.deepEqual([statistics.opackets.value, statistics.opackets6.value], [2, 1]);
});
