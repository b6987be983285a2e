/** docs/metrics.md, the alert rules and the dashboard: what they name is really there, and the page names all of it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { MetricsModule } from '../../../modules/metrics/index.js';
import { World } from '../carp/support/world.js';

const read = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../../docs/${file}`, import.meta.url)), 'utf8');
const mentioned = (text: string): string[] => [
  ...new Set(
    [...text.matchAll(/\b(?:carpet_(?:carp|sysctl|handler|event)_\w*[a-z]|process_\w+)/g)].map(
      ([name]) => name,
    ),
  ),
];

/** The names of all samples, after everything has happened once. */
async function shown(): Promise<Set<string>> {
  await using world = new World();
  const { hosts, vhids } = await world.pair({}, { advskew: 100 });
  for (const host of hosts) await host.kernel.load(MetricsModule, { handlers: true });
  world.advance(6000);
  vhids[1]!.setState('MASTER');
  hosts[0]!.kernel.sysctl.set('net.inet.carp.demotion', 10);
  world.advance(6000);
  const texts = hosts.map(({ kernel }) => kernel.get(MetricsModule).registry.render('openmetrics'));
  return new Set(texts.flatMap((text) => [...text.matchAll(/^(\w+)/gm)].map(([name]) => name)));
}

/** Those of a histogram, by the name of their family. */
const families = (names: ReadonlySet<string>): Set<string> =>
  new Set([...names].map((name) => name.replace(/_seconds_(bucket|sum|count)$/, '_seconds')));

test('rules, dashboard and page name metrics that exist', async () => {
  const names = await shown();
  const known = new Set([...names, ...families(names), 'carpet_handler_errors_total']);
  for (const file of ['metrics.md', 'metrics/alerts.yaml', 'metrics/dashboard.json']) {
    const found = mentioned(read(file));
    assert.ok(found.length > 5, file);
    // A pattern for several counters.
    const stray = found.filter((name) => !known.has(name) && name !== 'carpet_sysctl_net_inet_carp_stats');
    assert.deepEqual(stray, [], file);
  }
});

test('the page has every metric that is no sysctl, and every alert', async () => {
  const page = read('metrics.md');
  const own = [...families(await shown())].filter((name) => !name.startsWith('carpet_sysctl_'));
  assert.deepEqual(
    own.filter((name) => !page.includes(`\`${name}\``)),
    [],
  );
  const { groups } = parse(read('metrics/alerts.yaml')) as { groups: { rules: { alert: string }[] }[] };
  const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
  assert.deepEqual(
    [...page.matchAll(/^\| `(Carpet\w+)` \|/gm)].map(([, name]) => name),
    alerts,
  );
});

test('the dashboard is one that Grafana takes', () => {
  const { title, schemaVersion, panels } = JSON.parse(read('metrics/dashboard.json')) as {
    title: string;
    schemaVersion: number;
    panels: { id: number; type: string; gridPos: object; targets: { expr: string; refId: string }[] }[];
  };
  assert.deepEqual([title, schemaVersion >= 36], ['carpet', true]);
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  for (const { targets } of panels) for (const { expr } of targets) assert.ok(expr.length > 0);
});
