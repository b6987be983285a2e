import { Counter, type Sysctl, SysctlBool, SysctlInt, type SysctlNode } from '../../../core/index.js';
import type { MetricSource } from '../registry.js';
import type { MetricFamily } from '../text/family.js';

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

function familyOf(node: SysctlNode): MetricFamily | undefined {
  const head = { name: sysctlMetricName(node.name), help: `sysctl ${node.name}: ${node.description}` };
  if (node instanceof Counter)
    return { ...head, type: 'counter', write: (sink) => sink.sample('_total', '', node.value) };
  if (node instanceof SysctlInt || node instanceof SysctlBool)
    return { ...head, type: 'gauge', write: (sink) => sink.sample('', '', Number(node.value)) };
  return undefined;
}
