import { readdirSync, readFileSync } from 'node:fs';
import type { Scene } from './scene.js';

/** What a host uses, whichever process it is just now. */
export interface Usage {
  readonly rssMiB: number;
  readonly descriptors: number;
  readonly interfaces: number;
}

/** A process that has just begun has not filled its caches; later ones may use so much more. */
const MAX_GROWTH_MIB = 40;
/** Clients of the control socket and scripts that run come and go. */
const MAX_DESCRIPTORS = 12;

/** Follows what the carpets use through a run, as long as all is calm. */
export class Watch {
  readonly #usages = new Map<string, Usage[]>();

  look(scene: Scene): void {
    for (const { name, pid, namespace } of scene.carpets) {
      if (pid === undefined) continue;
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const rssMiB = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
      const descriptors = readdirSync(`/proc/${pid}/fd`).length;
      const interfaces = namespace.ip('-o', 'link').trim().split('\n').length;
      this.#usages.set(name, [...(this.#usages.get(name) ?? []), { rssMiB, descriptors, interfaces }]);
    }
  }

  /** Lines of a report. */
  lines(): string[] {
    return [...this.#usages].map(([name, usages]) => {
      const range = (of: (usage: Usage) => number): string => {
        const values = usages.map(of);
        const [first, last] = [values[0]!, values.at(-1)!].map(Math.round);
        return `${first} at first, ${last} at last, ${Math.round(Math.max(...values))} at most`;
      };
      return (
        `${name}: MiB ${range(({ rssMiB }) => rssMiB)}; descriptors ${range(({ descriptors }) => descriptors)}; ` +
        `interfaces ${range(({ interfaces }) => interfaces)}`
      );
    });
  }

  /** What has grown. */
  violations(): string[] {
    return [...this.#usages].flatMap(([name, usages]) => {
      const [first, last] = [usages[0]!, usages.at(-1)!];
      const grown: [string, number, number][] = [
        ['MiB', last.rssMiB - first.rssMiB, MAX_GROWTH_MIB],
        ['descriptors', last.descriptors - first.descriptors, MAX_DESCRIPTORS],
        ['interfaces', last.interfaces - first.interfaces, 0],
      ];
      return grown
        .filter(([, growth, most]) => growth > most)
        .map(([what, growth]) => `${name} has ${Math.round(growth)} ${what} more than at first`);
    });
  }
}
