/** `carpet up` from a settings file in a folder of its own, asked over its control socket. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ControlClient, type OfferedVerb } from '../../../modules/control/index.js';
import type { Namespace, Program } from '../../lab/support/index.js';

const MAIN = fileURLToPath(new URL('../../../modules/cli/main.js', import.meta.url));

/** A vhid's number and interface; its address is 10.99.I.V. */
export interface UpVhid {
  readonly ifname: string;
  readonly vhid: number;
}

/** How one is started. */
export interface UpOptions {
  readonly env?: Record<string, string>;
  readonly options?: readonly string[];
  readonly advskew?: number;
}

export class UpHost {
  readonly socket: string;
  readonly program: Program;
  readonly #file: string;
  readonly #client: ControlClient;
  #carp: OfferedVerb | undefined;

  /**
   * @param folder where its files stand
   * @param options more words of the command line
   */
  constructor(
    host: Namespace,
    folder: string,
    vhids: readonly UpVhid[],
    { env = {}, options = [], advskew = 0 }: UpOptions = {},
  ) {
    this.socket = join(folder, 'control.sock');
    this.#file = join(folder, 'carpet.yaml');
    this.#client = new ControlClient(this.socket);
    writeFileSync(join(folder, 'pass'), 'benchmark', { mode: 0o600 });
    this.write(vhids, advskew);
    this.program = host.node(MAIN, ['up', '-f', this.#file, ...options], { env });
  }

  /** Writes the settings file; it is in force when it has been applied. */
  write(vhids: readonly UpVhid[], advskew: number): void {
    const settings = {
      log: { format: 'text' },
      modules: {
        control: { socket: this.socket, readSocket: false },
        carp: {
          vhids: vhids.map(({ ifname, vhid }) => ({
            ifname,
            vhid,
            passwordFile: 'pass',
            addresses: [`10.99.${ifname.slice(3)}.${vhid}/32`],
            advskew,
          })),
        },
      },
    };
    writeFileSync(this.#file, JSON.stringify(settings));
  }

  async masters(count: number, deadlineMs: number): Promise<void> {
    await this.program.waitForLine(/settings 1 in force/, deadlineMs);
    const until = performance.now() + deadlineMs;
    const became = (): number => this.program.matching(/ -> MASTER/).length;
    while (became() < count) {
      if (performance.now() > until) throw new Error(`${became()} of ${count} vhids became MASTER`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** `GET /v1/carp`, whose description is asked for once. */
  async carp(): Promise<unknown> {
    this.#carp ??= await this.#verb('carp');
    return this.#client.call(this.#carp, undefined, 'json');
  }

  async call(name: string, input?: unknown): Promise<unknown> {
    return this.#client.call(await this.#verb(name), input, 'json');
  }

  async #verb(name: string): Promise<OfferedVerb> {
    const verb = (await this.#client.index()).verbs.find((each) => each.name === name);
    if (verb === undefined) throw new Error(`the kernel does not offer ${name}`);
    return verb;
  }
}
