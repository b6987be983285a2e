/**
 * @module
 * The names that a scope has in the kernel's tables, of sysctls and of verbs: they go when the scope closes. A new version
 * of a module takes over those of the version before when it enters, not earlier; see {@link Stage}. That one may have
 * given a name up by then, or have another thing of that name; what it has given up it does not get back.
 */
import { type Sysctl, SysctlMaker, type SysctlNode } from '../sysctl/index.js';
import type { Verb, VerbEntry, Verbs } from '../verb/index.js';
import type { Stage } from './stage.js';

/** Makes sysctl nodes that are removed when their scope closes. */
export class ScopedSysctl extends SysctlMaker {
  readonly #tree: Sysctl;
  readonly #stage: Stage | undefined;
  readonly #hold: (thing: object, giveBack: () => void) => void;

  /** @param hold has something given back when the scope closes */
  constructor(tree: Sysctl, stage: Stage | undefined, hold: (thing: object, giveBack: () => void) => void) {
    super();
    this.#tree = tree;
    this.#stage = stage;
    this.#hold = hold;
  }

  override add<N extends SysctlNode>(node: N): N {
    const forget = this.#takeName(node);
    this.#hold(node, () => {
      forget?.();
      if (this.#tree.get(node.name) === node) this.#tree.remove(node.name);
    });
    return node;
  }

  /** @returns what to undo while it waits for the name */
  #takeName(node: SysctlNode): (() => void) | undefined {
    const tree = this.#tree;
    const stage = this.#stage;
    const { name } = node;
    const taken = tree.get(name);
    if (taken === undefined || !stage?.mayReplace(taken)) {
      tree.add(node);
      return undefined;
    }
    let former: SysctlNode | undefined;
    return stage.wait(taken, {
      take: () => {
        const there = tree.get(name);
        if (there !== undefined && stage.holds(there)) {
          tree.remove(name);
          former = there;
        }
        tree.add(node);
      },
      giveBack: () => {
        if (tree.get(name) === node) tree.remove(name);
        if (former !== undefined && stage.holds(former)) tree.add(former);
      },
    });
  }
}

/** Registers a verb, or has it wait for its name. @returns takes it away again */
export function registerVerb(verbs: Verbs, verb: Verb, module: string, stage: Stage | undefined): Disposable {
  const taken = verbs.get(verb.name);
  if (taken === undefined || !stage?.mayReplace(taken)) return verbs.enter(verb, module);
  let registered: Disposable | undefined;
  let former: VerbEntry | undefined;
  const forget = stage.wait(taken, {
    take: () => {
      const there = verbs.entry(verb.name);
      if (there !== undefined && stage.holds(there.verb) && verbs.lift(there)) former = there;
      registered = verbs.enter(verb, module);
    },
    giveBack: () => {
      registered?.[Symbol.dispose]();
      if (former !== undefined && stage.holds(former.verb)) verbs.put(former);
    },
  });
  return {
    [Symbol.dispose]: () => {
      forget();
      registered?.[Symbol.dispose]();
    },
  };
}

/** Gives the tunables that someone has set the same values in another version of their module, where they fit. */
export function keepTunables(nodes: readonly SysctlNode[], tree: Sysctl): void {
  for (const { name, value, default: initial, readonly, cumulative } of nodes) {
    const node = tree.get(name);
    const isSet = !readonly && !cumulative && !Object.is(value, initial);
    if (!isSet || node === undefined || node.readonly) continue;
    try {
      node.value = value;
    } catch {
      // In the new version it is of another kind, or has other limits: its default stands.
    }
  }
}
