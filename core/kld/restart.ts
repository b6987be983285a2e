import type { Json } from '../json.js';
import type { Sysctl, SysctlNode } from '../sysctl/index.js';
import { KldError } from './errors.js';
import type { HeldCalls } from './held-calls.js';
import type { LinkerFile } from './linker-file.js';
import { isStateful, type ReloadSteps } from './reload-steps.js';
import { keepTunables } from './scoped-names.js';
import { Stage } from './stage.js';

/** Which file stands for which during a reload. */
export type Successors = Map<LinkerFile, LinkerFile>;

/** A module that goes down while one that it depends on is replaced, and comes up again on the new one. */
export class Restart {
  readonly #steps: ReloadSteps;
  readonly #sysctl: Sysctl;
  /** What was at work before the reload. */
  readonly #first: LinkerFile;
  /** At work; when it is down, what it was. */
  #file: LinkerFile;
  /** It has gone down. */
  #wasStopped = false;
  /** It has come up again. */
  #isRenewed = false;
  /** What has not come up. */
  #failed: LinkerFile | undefined;
  #held: HeldCalls | undefined;
  #state: Json | undefined;
  /** Its sysctls as they were when it went down. */
  #sysctls: readonly SysctlNode[] = [];

  constructor(file: LinkerFile, steps: ReloadSteps, sysctl: Sysctl) {
    this.#first = file;
    this.#file = file;
    this.#steps = steps;
    this.#sysctl = sysctl;
  }

  /** Holds the calls of its handlers back. */
  hold(): void {
    this.#held ??= this.#steps.hold(this.#file);
  }

  /** Stops it, after it has handed over, if it can. @throws KldError and it is at work, or has gone */
  async down(): Promise<void> {
    this.hold();
    this.#steps.assertThere(this.#file);
    if (this.#isStateful) this.#state = await this.#steps.stateOf(this.#file, this.#held!);
    await this.#stop();
    this.#steps.assertThere(this.#file);
  }

  /**
   * Stops it if it has come up on the new version, however far from that: the reload has failed. Where it cannot say its
   * state, it goes on from that of before.
   */
  async takeBack(): Promise<void> {
    if (this.#isRenewed) await this.down().catch(() => this.#stop());
  }

  get #isStateful(): boolean {
    return isStateful(this.#file.instance, this.#file.instance);
  }

  /** Joins the end of one that is unloaded by force: what it depends on must not go before. */
  async #stop(): Promise<void> {
    const file = this.#file;
    this.#sysctls = file.scope!.sysctls();
    this.#wasStopped = true;
    await this.#steps.demolish(file, this.#isStateful ? 'replace' : 'unload');
    if (file.ending === undefined) this.#steps.leave(file);
  }

  /**
   * Builds it again; it gets the calls of the meantime. One that is at work just goes on, and one that was unloaded by
   * force stays gone.
   *
   * @param successors what stands for its dependencies; it adds itself
   * @throws KldError and it is down
   */
  async up(successors: Successors): Promise<void> {
    if (this.#file.ending !== undefined) {
      this.#held?.end();
      return;
    }
    if (!this.#wasStopped) {
      this.#held?.restore();
      return;
    }
    const old = this.#file;
    const file = old.successor(old.module, successors);
    const stage = new Stage(old.scope!);
    try {
      assertDependenciesThere(file);
      await this.#steps.build(file, { state: this.#state, stage });
    } catch (error) {
      file.forsake();
      this.#failed = file;
      throw error;
    }
    old.forsake();
    // A dependent that has not come up since the first one was at work knows only that.
    for (const each of [this.#first, old]) successors.set(each, file);
    this.#file = file;
    this.#isRenewed = true;
    this.#held!.deliver(file.scope!, () => stage.enter());
    this.#held!.end();
    this.#held = undefined;
    stage.finish();
    keepTunables(this.#sysctls, this.#sysctl);
    this.#steps.enter(file);
  }

  /** It comes up no more. @returns what it was to be: what that depended on can go */
  abandon(): LinkerFile {
    this.#held?.end();
    this.#file.forsake();
    return this.#failed ?? this.#file;
  }
}

/** One that came up on neither version, or was unloaded by force since it came up, leaves its dependents without it. */
function assertDependenciesThere({ name, dependencies }: LinkerFile): void {
  const gone = dependencies.find(({ state }) => state !== 'loaded');
  if (gone === undefined) return;
  throw new KldError('ENOENT', `${name}: ${gone.name}, which it depends on, is gone`, { module: name });
}
