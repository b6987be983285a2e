/** carpet, ucarp and keepalived with the same task: share one address, and the better host takes it back. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Namespace, Program } from '../../lab/support/index.js';
import { CARPET } from '../../lab/support/pair.js';
import { ScriptLog } from '../../lab/support/script-log.js';
import { SHARED, type Stage } from './stage.js';

/** What is set of a host beside its place, for the scenarios that change it. */
export interface Settings {
  /** Lines of the daemon's own language. */
  readonly vhid?: string;
  readonly more?: string;
}

/** A daemon on one of the hosts of a stage, with a folder of its own. */
export abstract class Host {
  readonly namespace: Namespace;
  readonly folder = mkdtempSync(join(tmpdir(), 'carpet-outage-'));
  /** A check looks whether this file is there. */
  readonly flag = join(this.folder, 'well');
  program!: Program;

  constructor(
    readonly stage: Stage,
    readonly index: 0 | 1,
  ) {
    this.namespace = stage.hosts[index];
    stage.owner.after(() => rmSync(this.folder, { recursive: true, force: true }));
    writeFileSync(this.flag, '');
  }

  /** The daemon's processes are named so. */
  protected abstract readonly comm: string;
  abstract start(settings?: Settings): void;
  /** Writes other settings and has them read; undefined for a daemon that cannot. */
  reload?(settings: Settings): Promise<void>;

  /** Sends a signal to every process of the daemon. */
  signal(name: NodeJS.Signals): void {
    for (const pid of this.namespace.pids) if (commOf(pid) === this.comm) process.kill(pid, name);
  }

  fail(): void {
    rmSync(this.flag);
  }

  mend(): void {
    writeFileSync(this.flag, '');
  }
}

export class CarpetHost extends Host {
  protected readonly comm = 'carpet up';
  readonly #socket = join(this.folder, 'control.sock');
  readonly #file = join(this.folder, 'carpet.yaml');

  start(settings: Settings = {}): void {
    this.#write(settings);
    this.program = this.#up();
  }

  override signal(name: NodeJS.Signals): void {
    this.program.kill(name);
  }

  override async reload(settings: Settings): Promise<void> {
    this.#write(settings);
    await this.carpet('config', 'apply');
  }

  /** The process is replaced by a new one. */
  async replace(): Promise<void> {
    const before = this.program;
    this.program = this.#up('--replace');
    await before.exited;
  }

  async carpet(...args: string[]): Promise<void> {
    const program = this.namespace.node(CARPET, args, { env: { CARPET_SOCKET: this.#socket } });
    const { code } = await program.exited;
    if (code !== 0) throw new Error(`carpet ${args.join(' ')}: ${program.text}`);
  }

  #up(...more: string[]): Program {
    return this.namespace.node(CARPET, ['up', '-f', this.#file, ...more]);
  }

  #write({ vhid = '', more = '' }: Settings): void {
    for (const [name, text] of [
      ['pass', 'secret'],
      ['pass2', 'changed'],
    ] as const)
      writeFileSync(join(this.folder, name), text, { mode: 0o600 });
    const skew = /advskew/.test(vhid) ? '' : `advskew: ${100 * this.index}, `;
    const pass = vhid.startsWith('passwordFile') ? '' : 'passwordFile: pass, ';
    const preempt = /preempt/.test(vhid) ? '' : 'preempt: true, ';
    const text = `log: {format: text}
modules:
  control: {socket: ${this.#socket}, readSocket: false}
  carp:
    vhids:
      - {ifname: eth0, vhid: 1, addresses: [${SHARED}/24], ${skew}${pass}${preempt}${vhid}}
  health: {checks: {it: {kind: file, path: ${this.flag}, interval: 1000, rise: 1, fall: 2}}}
${more}`;
    writeFileSync(this.#file, text, { mode: 0o600 });
  }
}

export class UcarpHost extends Host {
  protected readonly comm = 'ucarp';

  start(): void {
    const scripts = new ScriptLog(this.stage.owner);
    const words = `-i eth0 -v 1 -p secret -a ${SHARED} -s 10.88.0.${this.index + 1} -k ${100 * this.index} -P -z -f none`;
    const files = ['-u', scripts.up, '-d', scripts.down];
    this.program = this.namespace.spawn(['ucarp', ...words.split(' '), ...files]);
  }
}

export class KeepalivedHost extends Host {
  protected readonly comm = 'keepalived';
  readonly #file = join(this.folder, 'keepalived.conf');

  start(settings: Settings = {}): void {
    this.#write(settings);
    const pids = ['-p', join(this.folder, 'main.pid'), '-r', join(this.folder, 'vrrp.pid')];
    this.program = this.namespace.spawn(['keepalived', '-n', '-P', '-l', '-f', this.#file, ...pids]);
  }

  override async reload(settings: Settings): Promise<void> {
    this.#write(settings);
    process.kill(this.program.pid, 'SIGHUP');
    return Promise.resolve();
  }

  #write({ vhid = '', more = '' }: Settings): void {
    const priority = /priority/.test(vhid) ? '' : `priority ${this.index === 0 ? 150 : 100}`;
    const interval = /advert_int/.test(vhid) ? '' : 'advert_int 1';
    writeFileSync(
      this.#file,
      `global_defs {
  vrrp_version 3
  script_user root
  ${more}
}
vrrp_script it {
  script "/usr/bin/test -e ${this.flag}"
  interval 1
  fall 2
  rise 1
  weight -100
}
vrrp_instance one {
  state BACKUP
  interface eth0
  virtual_router_id 1
  ${priority}
  ${interval}
  virtual_ipaddress {
    ${SHARED}/24 dev eth0
  }
  track_script {
    it
  }
  ${vhid}
}
`,
    );
  }
}

function commOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}
