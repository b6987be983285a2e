/** carpet and the real ucarp on one bridge: one master of four, every tie of three addresses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CarpSealMode } from '../../modules/carp/index.js';
import { needs } from '../support/needs.js';
import { CarpetCarp } from './support/carpet-carp.js';
import { elapse, Laboratory, type Namespace, type Program, waitFor, wallTime } from './support/index.js';

const skip = needs('root', 'netns', 'program:ucarp', 'program:ip');

function ucarp(host: Namespace, source: string, shared: string, vhid: number, ...more: string[]): Program {
  const options = `-i eth0 -v ${vhid} -p secret -a ${shared} -s ${source} -f none`.split(' ');
  return host.spawn(['ucarp', ...options, ...more]);
}

function ucarpState(program: Program): string | undefined {
  const last = program.matching(/Switching to state: /).at(-1);
  return last && /state: (\w+)/.exec(last.text)?.[1];
}

test('three carpets and a ucarp have one master at a time, whoever dies', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const shared = '10.88.0.100';
  const carpet = (number: number, advskew: number, seal: CarpSealMode = 'auto'): CarpetCarp => {
    const host = lab.host(`c${number}`, { addresses: [`10.88.0.${number}/24`], ipv6: false });
    return new CarpetCarp(host, [
      { ifname: 'eth0', vhid: 1, password: 'secret', addresses: [`${shared}/24`], advskew, seal },
    ]);
  };
  // Nobody preempts: who starts first becomes MASTER, and Node takes longer to start than ucarp.
  const carpets = [carpet(1, 10)];
  await carpets[0]!.reaches('MASTER', 8000);
  // One of them sends no seals, as ucarp.
  carpets.push(carpet(2, 30, 'off'), carpet(3, 50));
  const peer = ucarp(
    lab.host('u', { addresses: ['10.88.0.9/24'], ipv6: false }),
    '10.88.0.9',
    shared,
    1,
    '-k',
    '20',
  );
  const states = (): (string | undefined)[] => [
    ...carpets.map((carpet) => (carpet.program.running ? carpet.state() : 'dead')),
    peer.running ? ucarpState(peer) : 'dead',
  ];
  const settles = (wanted: string[], deadlineMs: number): Promise<unknown> =>
    waitFor(
      String(wanted),
      deadlineMs,
      () => states().join() === wanted.join(),
      () => states().join(),
    );

  await settles(['MASTER', 'BACKUP', 'BACKUP', 'BACKUP'], 8000);
  // All have heard the MASTER, so that their dead times begin together.
  await elapse(1200);
  // ucarp looks at its deadline only every interval or so: after a death a carpet is always first.
  carpets[0]!.program.kill('SIGKILL');
  await settles(['dead', 'MASTER', 'BACKUP', 'BACKUP'], 6000);
  // A bow-out makes all of them masters for a moment; ucarp is the best of those that are left.
  carpets[1]!.program.kill('SIGTERM');
  await settles(['dead', 'dead', 'BACKUP', 'MASTER'], 5000);
  await elapse(1500);
  assert.deepEqual(states(), ['dead', 'dead', 'BACKUP', 'MASTER']);
  peer.kill('SIGKILL');
  await settles(['dead', 'dead', 'MASTER', 'dead'], 6000);
});

/** The other one of a tie. */
interface Peer {
  state(): string | undefined;
}

const PEERS: Readonly<
  Record<string, (host: Namespace, source: string, shared: string, vhid: number) => Peer>
> = {
  'a ucarp': (host, source, shared, vhid) => {
    const program = ucarp(host, source, shared, vhid);
    return { state: () => ucarpState(program) };
  },
  'a carpet that does not seal': (host, _source, shared, vhid) =>
    new CarpetCarp(host, [
      { ifname: 'eth0', vhid, password: 'secret', addresses: [`${shared}/32`], seal: 'off' },
    ]),
};

for (const [kind, start] of Object.entries(PEERS)) {
  test(`every tie between a carpet and ${kind} ends with one master, within two dead times`, {
    skip,
  }, async (t) => {
    const lab = Laboratory.open(t);
    const addresses = ['10.88.0.9', '10.88.0.10', '10.88.1.2'];
    const pairs = addresses.flatMap((own) =>
      addresses.filter((other) => other !== own).map((other) => ({ own, other })),
    );
    const isolate = (host: Namespace, on: boolean): void => {
      const port = lab.port(host);
      lab.switch.ip('link', 'set', 'dev', port, 'type', 'bridge_slave', 'isolated', on ? 'on' : 'off');
    };
    // All pairs at once, each with a vhid and addresses of its own; isolated ports do not reach each other.
    const matches = pairs.map(({ own, other }, i) => {
      const vhid = i + 1;
      const shared = `10.88.9.${vhid}`;
      const options = { ipv6: false };
      const here = lab.host(`c${vhid}`, { addresses: [`${own}/16`], ...options });
      const there = lab.host(`u${vhid}`, { addresses: [`${other}/16`], ...options });
      for (const host of [here, there]) isolate(host, true);
      const carpet = new CarpetCarp(here, [
        { ifname: 'eth0', vhid, password: 'secret', addresses: [`${shared}/32`] },
      ]);
      return { own, other, here, there, carpet, peer: start(there, other, shared, vhid) };
    });
    for (const { carpet, peer } of matches) {
      await carpet.reaches('MASTER', 10_000);
      await waitFor('the other to be MASTER', 10_000, () => peer.state() === 'MASTER');
    }
    await elapse(500);
    for (const { here, there } of matches) for (const host of [here, there]) isolate(host, false);
    const healed = wallTime();
    const disputed = (): string[] =>
      matches
        .filter(({ carpet, peer }) => (carpet.state() === 'MASTER') === (peer.state() === 'MASTER'))
        .map(
          ({ own, other, carpet, peer }) =>
            `carpet ${own} ${carpet.state()}, ${kind} ${other} ${peer.state()}`,
        );
    await waitFor(
      'all ties to be settled',
      8000,
      () => disputed().length === 0,
      () => disputed().join('\n'),
    );
    t.diagnostic(`all settled ${Math.round(wallTime() - healed)} ms after they met`);
    for (let i = 0; i < 8; i++) {
      await elapse(500);
      assert.deepEqual(disputed(), []);
    }
    // The lower address in ucarp's byte order has won: 10.88.1.2, then .0.9, then .0.10.
    const order = ['10.88.1.2', '10.88.0.9', '10.88.0.10'];
    for (const { own, other, carpet } of matches) {
      assert.equal(
        carpet.state() === 'MASTER',
        order.indexOf(own) < order.indexOf(other),
        `${own} against ${other}`,
      );
    }
  });
}
