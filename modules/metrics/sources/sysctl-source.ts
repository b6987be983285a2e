import { Counter, type Sysctl, SysctlBool, SysctlInt, type SysctlNode } from '../../../core/index.js';
import type { MetricSource } from '../registry.js';
import type { MetricFamily, SampleSink } from '../text/family.js';

/** What the names of metrics made of sysctls begin with. */
const SYSCTL_PREFIX = 'carpet_sysctl_';

/** Endings that mean something to Prometheus. */
const RESERVED = /_(total|created|bucket|sum|count|info)$/;

/**
 * Every number and switch of the sysctl tree. `net.inet.carp.stats.badauth` is the counter
 * `carpet_sysctl_net_inet_carp_stats_badauth_total`, `net.inet.carp.preempt` a gauge of 0 or 1; texts are left out. The
 * head of a family is kept for as long as its node lives.
 */
export class SysctlSource implements MetricSource {
  readonly prefix = SYSCTL_PREFIX;
  readonly #sysctl: Sysctl;
  readonly #known = new WeakMap<SysctlNode, MetricFamily>();

  constructor(sysctl: Sysctl) {
    this.#sysctl = sysctl;
  }

  *families(): Generator<MetricFamily> {
    for (const node of this.#sysctl.list()) {
      const family = this.#known.get(node) ?? familyOf(node);
      if (family === undefined) continue;
      this.#known.set(node, family);
      yield family;
    }
  }
}

/** The family's name: every character that a metric cannot have becomes an underscore. */
export function sysctlMetricName(node: string): string {
  const name = SYSCTL_PREFIX + node.replace(/\W/g, '_');
  return RESERVED.test(name) ? `${name}_value` : name;
}

function familyOf(node: SysctlNode): SysctlFamily | undefined {
  if (node instanceof Counter) return new SysctlFamily(node, 'counter');
  if (node instanceof SysctlInt || node instanceof SysctlBool) return new SysctlFamily(node, 'gauge');
  return undefined;
}

/** A class and no literals: a thousand of the same shape are made at the first scrape. */
class SysctlFamily implements MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly #node: Counter | SysctlInt | SysctlBool;
  readonly #suffix: string;

  constructor(node: Counter | SysctlInt | SysctlBool, type: 'counter' | 'gauge') {
    this.name = sysctlMetricName(node.name);
    this.help = `sysctl ${node.name}: ${node.description}`;
    this.type = type;
    this.#node = node;
    this.#suffix = type === 'counter' ? '_total' : '';
  }

  write(sink: SampleSink): void {
    sink.sample(this.#suffix, '', Number(this.#node.value));
  }
}
