/** Two hosts that share addresses by VRRP, what they say, and a neighbour that uses the addresses. */
import type { TestContext } from 'node:test';
import { Frr } from './frr.js';
import { type Capture, Laboratory, type Namespace, waitFor } from './index.js';
import {
  advertisementOf,
  CarpetVrrp,
  Keepalived,
  type RouterSetup,
  type SaidAdvertisement,
  type VrrpProgram,
} from './vrrp.js';

const PROGRAMS = { carpet: CarpetVrrp, keepalived: Keepalived, frr: Frr };
export type Kind = keyof typeof PROGRAMS;

/** How long the switch and the neighbours may take to follow a new MASTER, ms: it announces itself at once. */
export const FOLLOW_MS = 700;

export interface Pair {
  readonly lab: Laboratory;
  readonly capture: Capture;
  readonly programs: readonly VrrpProgram[];
  /** The advertisements of one of them. */
  readonly said: (index: number) => SaidAdvertisement[];
  /** A third host, 10.88.0.3 and 2001:db8:88::3. */
  readonly neighbour: Neighbour;
}

/** Two hosts on the bridge: 10.88.0.1 and 10.88.0.2, each with a program; none is started. */
export async function pair(
  t: TestContext,
  kinds: readonly Kind[],
  setups: readonly RouterSetup[],
): Promise<Pair> {
  const lab = Laboratory.open(t);
  const capture = await lab.capture('proto 112 or (ip6 and ip6[6] == 112)');
  const host = (role: string, number: number, family: 4 | 6): Namespace =>
    lab.host(role, {
      addresses: [`10.88.0.${number}/24`, ...(family === 6 ? [`2001:db8:88::${number}/64`] : [])],
      ipv6: family === 6,
    });
  const programs = kinds.map((kind, i) => {
    const program = new PROGRAMS[kind](host(`h${i}`, i + 1, setups[i]!.family), setups[i]!);
    t.after(() => program.dispose());
    return program;
  });
  const said = (index: number): SaidAdvertisement[] => {
    const { source } = programs[index]!;
    const others = programs.filter((_, i) => i !== index).map((each) => each.source);
    const isIts = (from: string) => (source === undefined ? !others.includes(from) : from === source);
    return capture.frames.map(advertisementOf).filter((each) => isIts(each.source));
  };
  const neighbour = new Neighbour(lab, host('neighbour', 3, setups[0]!.family));
  return { lab, capture, programs, said, neighbour };
}

/** A host that talks to the shared addresses, and the switch that both are plugged into. */
export class Neighbour {
  readonly #lab: Laboratory;

  constructor(
    lab: Laboratory,
    readonly host: Namespace,
  ) {
    this.#lab = lab;
  }

  /** Sends something to the addresses of a MASTER, and waits until it has them among its neighbours. */
  async meet(master: VrrpProgram): Promise<void> {
    for (const address of master.addresses) {
      const [bare] = address.split('/') as [string];
      const name = bare.startsWith('fe80') ? `${bare}%eth0` : bare;
      // To the port that discards.
      this.host.exec('bash', '-c', `echo > /dev/udp/${name}/9`);
    }
    await this.follows(master);
  }

  /**
   * Waits until it has all shared addresses at the MASTER's link-layer address and the switch has that at the MASTER's port,
   * without a question of its own.
   * @param deadlineMs how long that may take
   */
  async follows(master: VrrpProgram, deadlineMs = FOLLOW_MS): Promise<void> {
    const { lladdr } = master;
    const wanted = `${master.addresses.map(() => lladdr).join()} at ${this.#lab.port(master.host)}`;
    const seen = (): string => `${this.#known(master).join()} at ${this.#portOf(lladdr)}`;
    await waitFor(`the neighbours to have ${wanted}`, deadlineMs, () => seen() === wanted, seen);
  }

  #known({ addresses }: VrrpProgram): string[] {
    return addresses.map((address) => {
      const [entry] = JSON.parse(
        this.host.ip('-j', 'neigh', 'show', 'to', address.split('/')[0]!, 'dev', 'eth0'),
      );
      return entry?.lladdr ?? 'nowhere';
    });
  }

  #portOf(lladdr: string): string {
    const table = JSON.parse(this.#lab.switch.exec('bridge', '-j', 'fdb', 'show', 'br', 'br0')) as {
      mac: string;
      ifname: string;
      state?: string;
    }[];
    const ports = table.filter(({ mac, state }) => mac === lladdr && state !== 'permanent');
    return ports.map(({ ifname }) => ifname).join() || 'no port';
  }
}
