import type { Namespace, Owner, Program } from '../lab/support/index.js';
import { ScriptLog } from '../lab/support/script-log.js';
import { ADDRESS, type Host } from './host.js';

/** A host with Debian's ucarp, the last in the order. */
export class UcarpHost implements Host {
  readonly #scripts: ScriptLog;
  #program: Program | undefined;

  constructor(
    readonly name: string,
    readonly namespace: Namespace,
    private readonly source: string,
    owner: Owner,
  ) {
    this.#scripts = new ScriptLog(owner);
  }

  get pid(): number | undefined {
    return this.#program?.running === true ? this.#program.pid : undefined;
  }

  async start(): Promise<void> {
    const options = `-i eth0 -v 1 -p secret -a ${ADDRESS} -f none -s ${this.source} -k 200`;
    const scripts = ['-u', this.#scripts.up, '-d', this.#scripts.down];
    this.#program = this.namespace.spawn(['ucarp', ...options.split(' '), ...scripts]);
  }

  /** A ucarp that is killed leaves its address for ever; that it goes here is the reboot of its host. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    await this.#program?.end(signal);
    if (this.namespace.ip('address', 'show', 'dev', 'eth0').includes(`${ADDRESS}/`))
      this.namespace.ip('address', 'del', `${ADDRESS}/32`, 'dev', 'eth0');
  }

  stop(): void {
    this.#program?.kill('SIGSTOP');
  }

  resume(): void {
    this.#program?.kill('SIGCONT');
  }
}
