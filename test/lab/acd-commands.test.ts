/** `carpet ucarp` and `carpet devd --carp` as `carpet carp`: conflicts are noticed, and seals are remembered. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { arp, INTRUDER } from '../modules/acd/support/intruder.js';
import { needs } from '../support/needs.js';
import { Devd } from './support/devd.js';
import { elapse, Laboratory, type Namespace, waitFor } from './support/index.js';
import { CARPET, VIP } from './support/pair.js';
import { Wiretap } from './support/wiretap.js';

const skip = needs('root', 'netns', 'native', 'program:ip');
const REPORT = new RegExp(`${INTRUDER} is using our address ${VIP} on eth0`);
/** From the state MASTER to the socket for claims, and to the end of the first announcements. */
const SETTLE_MS = 1000;
/** The file of vhid 1 on eth0; docs/carp.md names it. */
const SEALS = ['carp seal 1@eth0.json'];

function scene(t: TestContext): { host: Namespace; intruder: Namespace; folder: string; state: string } {
  const lab = Laboratory.open(t);
  const [host, intruder] = ['host', 'intruder'].map((role, i) =>
    lab.host(role, { addresses: [`10.77.0.${i + 1}/24`], ipv6: false }),
  ) as [Namespace, Namespace];
  const folder = mkdtempSync(join(tmpdir(), 'carpet-acd-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return { host, intruder, folder, state: join(folder, 'state') };
}

/** Claims the shared address once the MASTER listens, and waits for its announcement. */
async function claim(intruder: Namespace): Promise<void> {
  await elapse(SETTLE_MS);
  using wire = new Wiretap(intruder, 'eth0');
  wire.inject(arp({ sender: VIP }));
  const isArp = (frame: Uint8Array): boolean => frame[12] === 0x08 && frame[13] === 0x06;
  await waitFor('the answer', 3000, () => wire.frames().some(isArp));
}

test('carpet ucarp reports and answers a host that claims its address, and keeps its seals', {
  skip,
}, async (t) => {
  const { host, intruder, state } = scene(t);
  const options = `-i eth0 -v 1 -p love -a ${VIP} -f none -s 10.77.0.1 -r 1 --no-status`;
  const ucarp = host.node(CARPET, ['ucarp', ...options.split(' '), '--state-dir', state]);
  await ucarp.waitForLine(/Switching to state: MASTER/, 8000);
  await claim(intruder);
  await ucarp.waitForLine(REPORT, 2000);
  await ucarp.end('SIGTERM');
  assert.deepEqual(readdirSync(state), SEALS);
});

test('carpet devd --carp reports and answers it, runs the rule for it, and keeps its seals', {
  skip: skip || needs('program:python3'),
}, async (t) => {
  const { host, intruder, folder, state } = scene(t);
  const file = join(folder, 'carp.json');
  const vhid = { ifname: 'eth0', vhid: 1, password: 'love', addresses: [`${VIP}/24`] };
  writeFileSync(file, JSON.stringify({ vhids: [vhid] }), { mode: 0o600 });
  const rule = 'notify 100 { match "type" "ADDR_CONFLICT"; action "echo $address $lladdr >>OUT"; };';
  await using devd = new Devd(host, rule, ['--carp', file, '--no-status', '--state-dir', state]);
  await devd.ready();
  await devd.program.waitForLine(/MASTER/, 8000);
  await claim(intruder);
  await devd.program.waitForLine(REPORT, 2000);
  await devd.outputs(`${VIP} ${INTRUDER}`);
  await devd.program.end('SIGTERM');
  assert.deepEqual(readdirSync(state), SEALS);
});
