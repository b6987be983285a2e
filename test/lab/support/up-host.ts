import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Laboratory } from './laboratory.js';
import type { Namespace } from './namespace.js';
import { CARPET } from './pair.js';
import type { Program } from './program.js';

/** A host that `carpet up` runs on. */
export class UpHost {
  readonly folder = mkdtempSync(join(tmpdir(), 'carpet-up-'));
  readonly file = join(this.folder, 'carpet.yaml');
  readonly socket = join(this.folder, 'control.sock');
  program!: Program;

  constructor(
    readonly namespace: Namespace,
    readonly advskew: number,
    t: TestContext,
  ) {
    t.after(() => rmSync(this.folder, { recursive: true }));
    writeFileSync(join(this.folder, 'pass'), 'secret', { mode: 0o600 });
    writeFileSync(
      join(this.folder, 'devd.conf'),
      `notify 0 { match "system" "CARP"; action "echo $type >> ${this.folder}/states"; };\n`,
    );
  }

  write(advskew = this.advskew, extra = ''): void {
    const text = `
log: {format: text}
modules:
  control: {socket: ${this.socket}, readSocket: false}
  devd: {config: ${this.folder}/devd.conf, sockets: false}
  carp:
    vhids:
      - {ifname: eth0, vhid: 1, passwordFile: pass, addresses: [10.88.0.100/24], advskew: ${advskew}, preempt: true}
${extra}`;
    writeFileSync(this.file, text, { mode: 0o600 });
  }

  async start(extra = ''): Promise<void> {
    this.write(this.advskew, extra);
    this.program = this.namespace.node(CARPET, ['up', '-f', this.file]);
    await this.program.waitForLine(/settings 1 in force/, 15_000);
  }

  reaches(state: string, deadlineMs: number, from = 0) {
    return this.program.waitForLine(new RegExp(`1@eth0: \\w+ -> ${state} `), deadlineMs, from);
  }

  async carpet(...args: string[]): Promise<{ code: number | null; text: string }> {
    const program = this.namespace.node(CARPET, args, { env: { CARPET_SOCKET: this.socket } });
    const { code } = await program.exited;
    return { code, text: program.text };
  }

  get transitions(): number {
    return this.program.matching(/1@eth0: \w+ -> /).length;
  }

  get holds(): boolean {
    return this.namespace.ip('address', 'show', 'dev', 'eth0').includes('10.88.0.100/24');
  }
}

/** Two hosts on the bridge, 10.88.0.1 preferred and MASTER, 10.88.0.2 its BACKUP. */
export async function upPair(lab: Laboratory, t: TestContext): Promise<[UpHost, UpHost]> {
  const [a, b] = [0, 100].map((advskew, i) => {
    const namespace = lab.host(['a', 'b'][i]!, { addresses: [`10.88.0.${i + 1}/24`], ipv6: false });
    return new UpHost(namespace, advskew, t);
  }) as [UpHost, UpHost];
  await a.start();
  await a.reaches('MASTER', 8000);
  await b.start();
  await b.reaches('BACKUP', 5000);
  return [a, b];
}
