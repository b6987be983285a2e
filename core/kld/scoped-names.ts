/**
 * @module
 * The names that a scope has in the kernel's tables, of sysctls and of verbs: they go when the scope closes. A new version
 * of a module takes over those of the version before when it enters, not earlier; see {@link Stage}.
 */
import { type Sysctl, SysctlMaker, type SysctlNode } from '../sysctl/index.js';
import type { Verb, Verbs } from '../verb/index.js';
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
    const taken = tree.get(node.name);
    if (taken === undefined || !this.#stage?.mayReplace(taken)) {
      tree.add(node);
      return undefined;
    }
    const change = (from: SysctlNode, to: SysctlNode): void => {
      if (tree.get(node.name) === from) tree.remove(node.name);
      tree.add(to);
    };
    return this.#stage.wait(taken, { take: () => change(taken, node), giveBack: () => change(node, taken) });
  }
}

/** Registers a verb, or has it wait for its name. @returns takes it away again */
export function registerVerb(verbs: Verbs, verb: Verb, module: string, stage: Stage | undefined): Disposable {
  const register = (which: Verb): Disposable => verbs.enter(which, module);
  const taken = verbs.get(verb.name);
  if (taken === undefined || !stage?.mayReplace(taken)) return register(verb);
  let registered: Disposable | undefined;
  const forget = stage.wait(taken, {
    take: () => {
      verbs.remove(taken);
      registered = register(verb);
    },
    giveBack: () => {
      registered?.[Symbol.dispose]();
      register(taken);
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
