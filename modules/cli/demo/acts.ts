/**
 * @module
 * The demonstration: three hosts share an address on a virtual LAN, and a client pings it. In four acts the hosts elect a
 * master; its cable is cut and another host takes over; the cable is mended and the better host takes the address back;
 * the master is stopped gracefully and hands over. Every line is observed in the running kernels or on the wire.
 */
import { seededRandom } from '../../../core/index.js';
import { sameBytes } from '../../ifnet/index.js';
import { Lan } from '../../ifnet/lan/index.js';
import { DemoClient } from './client.js';
import type { DemoFact, DemoSink, DemoTell } from './events.js';
import { DemoHost, SHARED } from './host.js';
import type { Pace } from './pace.js';
import { watchWire } from './wire.js';

/** Time to read, after each act. */
const READING_MS = 1200;

const HOSTS = [
  { name: 'alpha', number: 1, advskew: 0 },
  { name: 'beta', number: 2, advskew: 100 },
  { name: 'gamma', number: 3, advskew: 200 },
] as const;

interface Stage {
  readonly pace: Pace;
  readonly lan: Lan;
  readonly tell: DemoTell;
  readonly hosts: readonly DemoHost[];
  readonly alpha: DemoHost;
  readonly beta: DemoHost;
  readonly client: DemoClient;
}

/** Plays the demonstration. @param sink receives every event */
export async function play(pace: Pace, seed: string, sink: DemoSink): Promise<void> {
  const start = pace.clock.now();
  let over = false;
  const tell = (fact: DemoFact): void => {
    if (!over) sink({ t: pace.clock.now() - start, ...fact });
  };
  using lan = new Lan({
    clock: pace.clock,
    random: seededRandom(`${seed} lan`),
    latencyMs: 0.2,
    jitterMs: 0.3,
  });
  const stage = await setUp(pace, lan, seed, tell);
  lan.tap((capture) => watchWire(capture, tell));
  await election(stage);
  const takeoverMs = await cutCable(stage);
  await mendCable(stage);
  const handoverMs = await stopMaster(stage);
  tell({ event: 'end', takeoverMs, handoverMs, frames: lan.counters.sent });
  over = true;
  await tearDown(stage);
}

async function setUp(pace: Pace, lan: Lan, seed: string, tell: DemoTell): Promise<Stage> {
  const hosts: DemoHost[] = [];
  for (const options of HOSTS)
    hosts.push(await DemoHost.create({ ...options, lan, clock: pace.clock, seed, tell }));
  const whoHas = (lladdr: Uint8Array): string =>
    hosts.find(({ ifp }) => sameBytes(ifp.lladdr, lladdr))?.name ?? 'nobody';
  const client = await DemoClient.create({ lan, clock: pace.clock, seed, whoHas, tell });
  const [alpha, beta] = hosts as [DemoHost, DemoHost];
  const facts = [...hosts.map((host) => host.fact()), client.fact()];
  tell({ event: 'start', seed, address: SHARED, hosts: facts });
  return { pace, lan, tell, hosts, alpha, beta, client };
}

async function election(stage: Stage): Promise<void> {
  stage.tell({
    event: 'act',
    act: 1,
    title: 'Three hosts start',
    text: 'A host that hears no master for 3 x advbase + advskew/256 seconds becomes master.',
  });
  stage.client.start();
  for (const host of stage.hosts) host.join();
  await untilMaster(stage, stage.alpha);
  await pause(stage);
}

async function cutCable(stage: Stage): Promise<number> {
  stage.tell({
    event: 'act',
    act: 2,
    title: "alpha's cable is cut",
    text: 'The others hear no master. beta has the shortest dead time of them.',
  });
  const cut = stage.pace.clock.now();
  stage.lan.cut(stage.alpha.ifp.port);
  const taken = await untilMaster(stage, stage.beta);
  await pause(stage);
  showHandlers(stage);
  return taken - cut;
}

async function mendCable(stage: Stage): Promise<void> {
  stage.tell({
    event: 'act',
    act: 3,
    title: 'The cable is mended',
    text: 'alpha has the smaller advskew and may preempt: it takes the address back.',
  });
  stage.lan.mend(stage.alpha.ifp.port);
  await untilMaster(stage, stage.alpha);
  await pause(stage);
}

async function stopMaster(stage: Stage): Promise<number> {
  stage.tell({
    event: 'act',
    act: 4,
    title: 'alpha is stopped gracefully',
    text: 'It bows out, so that no dead time passes: both others take over, and the better one stays.',
  });
  const stop = stage.pace.clock.now();
  await stage.alpha.stop();
  const taken = await untilMaster(stage, stage.beta);
  await pause(stage);
  return taken - stop;
}

/** Waits until this host is the only MASTER. @returns when it became MASTER */
async function untilMaster({ pace, hosts }: Stage, master: DemoHost): Promise<number> {
  const alone = (): boolean => hosts.every((host) => (host.state === 'MASTER') === (host === master));
  let since = Number.NaN;
  const tag = master.kernel.eventhandler.register('carp_state_event', (_vhid, { to }) => {
    if (to === 'MASTER') since = pace.clock.now();
  });
  await pace.until(alone, `${master.name} is the only MASTER`);
  await master.kernel.eventhandler.deregister('carp_state_event', tag);
  return since;
}

async function pause({ pace, tell, hosts }: Stage): Promise<void> {
  await pace.run(READING_MS);
  tell({ event: 'now', states: Object.fromEntries(hosts.map((host) => [host.name, host.state])) });
}

function showHandlers({ tell, beta }: Stage): void {
  const list = beta.kernel.eventhandler.lists().find(({ name }) => name === 'carp_state_event');
  const handlers = (list?.entries ?? []).map(({ priority, handler, calls }) => ({
    priority,
    handler,
    calls,
  }));
  tell({ event: 'list', host: beta.name, list: 'carp_state_event', handlers });
}

async function tearDown({ client, hosts }: Stage): Promise<void> {
  await client.stop();
  for (const host of hosts) await host.stop();
}
