/** Two hosts with `carpet up`, scraped by a genuine Prometheus; its promtool judges text, rules and alerts. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { needs } from '../support/needs.js';
import { command, Laboratory, type Namespace, waitFor } from './support/index.js';
import { UpHost } from './support/up-host.js';

const skip = needs('root', 'netns', 'native', 'program:ip', 'program:promtool', 'program:prometheus');
const ALERTS = fileURLToPath(new URL('../../../docs/metrics/alerts.yaml', import.meta.url));
const PORT = '127.0.0.1:9112';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-prometheus-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A Prometheus that scrapes the carpet of its own namespace once a second. */
class Prometheus {
  readonly #namespace: Namespace;

  constructor(namespace: Namespace, folder: string) {
    this.#namespace = namespace;
    const config = join(folder, 'prometheus.yml');
    writeFileSync(
      config,
      `global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [${ALERTS}]
scrape_configs:
  - {job_name: carpet, static_configs: [{targets: ['${PORT}']}]}
`,
    );
    namespace.spawn([
      'prometheus',
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      '--web.listen-address=127.0.0.1:9090',
    ]);
  }

  /** promtool's lines: `up{instance="…", job="carpet"} => 1 @[…]`. Empty while it starts. */
  query(expression: string): string {
    try {
      return this.#namespace.exec('promtool', 'query', 'instant', 'http://127.0.0.1:9090', expression);
    } catch {
      return '';
    }
  }

  async shows(expression: string, value: RegExp, deadlineMs = 20_000): Promise<void> {
    await waitFor(
      expression,
      deadlineMs,
      () => value.test(this.query(expression)),
      () => this.query(expression),
    );
  }
}

test('a genuine Prometheus scrapes two hosts, and promtool finds no fault', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const folder = folderOf(t);
  const [a, b] = [0, 100].map((advskew, i) => {
    const namespace = lab.host(['a', 'b'][i]!, { addresses: [`10.88.0.${i + 1}/24`], ipv6: false });
    return new UpHost(namespace, advskew, t);
  }) as [UpHost, UpHost];
  const extra = `  metrics: {listen: '${PORT}', handlers: true}\n`;
  for (const host of [a, b]) {
    await host.start(extra);
    await host.reaches(host === a ? 'MASTER' : 'BACKUP', 8000);
  }
  const behind = new Prometheus(b.namespace, folder);
  await behind.shows('up', /=> 1 /);
  await behind.shows('carpet_carp_state{state="BACKUP"}', /vhid="1@eth0"\} => 1 /);
  await behind.shows('carpet_carp_master_gap_seconds_count', /=> [3-9]/);
  await behind.shows('carpet_sysctl_net_inet_carp_stats_ipackets_total', /=> [1-9]/);
  await behind.shows('carpet_handler_calls_total{module="metrics",list="carp_heard_event"}', /=> [1-9]/);
  await behind.shows('ALERTS{alertname="CarpetNobodyBehind"}', /alertstate="pending"/);

  for (const verb of [['metrics'], ['metrics', 'prometheus']]) {
    const { code, text } = await a.carpet(...verb);
    assert.equal(code, 0, text);
    assert.ok(!text.includes('secret'));
    assert.match(text, /carpet_carp_state\{vhid="1@eth0",state="MASTER"\} 1\n/);
    assert.match(text, /carpet_carp_advertisement_late_seconds_count [1-9]/);
    assert.equal(text.trimEnd().endsWith('# EOF'), verb.length === 1);
    if (verb.length === 1) continue;
    const file = join(folder, 'metrics.txt');
    writeFileSync(file, `${text}\n`);
    assert.equal(command('sh', '-c', `promtool check metrics < ${file} 2>&1`), '');
  }

  await b.carpet('carp', 'state', '1@eth0', 'master');
  await a.program.end('SIGTERM');
  await b.reaches('MASTER', 8000);
  await behind.shows('carpet_carp_state{state="MASTER"}', /=> 1 /);
  await behind.shows('carpet_carp_transitions_total{to="MASTER"}', /from="BACKUP".*=> [12] /);
  await b.program.end('SIGTERM');
  await behind.shows('up', /=> 0 /);
  for (const host of [a, b]) assert.equal((await host.program.exited).code, 0);
});

test('the alert rules are valid, and fire when they are meant to', { skip }, (t) => {
  assert.match(command('promtool', 'check', 'rules', ALERTS), /SUCCESS: 10 rules found/);
  const folder = folderOf(t);
  const file = join(folder, 'tests.yaml');
  const state = (instance: string, name: string, values: string): string =>
    `      - {series: 'carpet_carp_state{instance="${instance}",vhid="1@eth0",state="${name}"}', values: '${values}'}\n`;
  const firing = (name: string, time: string, labels: string, summary: string): string =>
    `      - {alertname: ${name}, eval_time: ${time}, exp_alerts: [{exp_labels: {${labels}}, exp_annotations: {summary: '${summary}'}}]}\n`;
  writeFileSync(
    file,
    `rule_files: [${ALERTS}]
evaluation_interval: 10s
tests:
  - interval: 10s
    input_series:
${state('a', 'MASTER', '1x11 1x11 0x11 0x60')}${state('b', 'MASTER', '0x11 1x11 0x11 0x60')}${state('a', 'BACKUP', '0x100')}${state('b', 'BACKUP', '1x11 0x11 1x11 1x60')}
      - {series: 'carpet_carp_other_master_heard{instance="a",vhid="1@eth0"}', values: '0x11 1x11 0x73'}
    alert_rule_test:
${firing('CarpetSeveralMasters', '3m', 'severity: critical, vhid: 1@eth0', '2 hosts are MASTER of 1@eth0: they do not hear each other')}${firing('CarpetOtherMasterHeard', '3m', 'severity: critical, vhid: 1@eth0, instance: a', 'a is MASTER of 1@eth0 and hears another MASTER that does not yield')}${firing('CarpetNoMaster', '5m', 'severity: critical, vhid: 1@eth0', 'no host has the addresses of 1@eth0')}
      - {alertname: CarpetSeveralMasters, eval_time: 1m, exp_alerts: []}
      - {alertname: CarpetNobodyBehind, eval_time: 1m, exp_alerts: []}
${firing('CarpetNobodyBehind', '12m', 'severity: warning, vhid: 1@eth0', 'only one host is left for 1@eth0')}
`,
  );
  assert.match(command('promtool', 'test', 'rules', file), /SUCCESS/);
});
