import type { StandardSchemaV1 } from '@standard-schema/spec';
import {
  ISOLATION,
  type Isolated,
  type IsolationInfo,
  inject,
  type Json,
  Kernel,
  Log,
  Module,
  type ModuleClass,
  type ModuleEnd,
  type ModuleLifecycle,
  type ModuleReference,
  Scope,
  SETTINGS,
} from '../../core/index.js';
import type { WorkerLimits } from './options.js';
import type { Description } from './protocol.js';
import { Supervisor } from './supervisor.js';

/** Makes a stand-in. */
export interface StandInOptions {
  readonly description: Description;
  readonly location: string;
  /** What the stand-in depends on besides: what provides it. */
  readonly provider: ModuleClass;
  /** As the description has them, but by class where the class is at hand. */
  readonly depends: readonly ModuleReference[];
  /** Asked when it is loaded. */
  readonly limits: () => WorkerLimits;
  /** It is being loaded. */
  readonly built: (supervisor: Supervisor) => void;
  /** It has gone. */
  readonly gone: () => void;
}

const CALL = Symbol('carpet: call');
const RUNS = Symbol('carpet: runs');

/** Takes any settings: the module checks them where it runs. */
const UNCHECKED: StandardSchemaV1 = {
  '~standard': { version: 1, vendor: 'carpet', validate: (value) => ({ value }) },
};

/** A module that, loaded, runs another one in a thread; see {@link Isolation.standIn}. */
export function makeStandIn(options: StandInOptions): ModuleClass {
  const { description, location, provider, depends } = options;
  const { name, secrets, offers, methods, follows, reload } = description;

  class StandIn implements Isolated, ModuleLifecycle {
    readonly #supervisor: Supervisor;
    readonly #settings: unknown;
    readonly #scope: Scope;
    #state: Json | undefined;

    constructor(
      @inject(Kernel) kernel: Kernel,
      @inject(Log) log: Log,
      @inject(Scope) scope: Scope,
      @inject(SETTINGS) settings: unknown,
    ) {
      this.#settings = settings;
      this.#scope = scope;
      this.#supervisor = scope.own(
        new Supervisor({
          kernel,
          log,
          scope,
          limits: options.limits(),
          location,
          name,
          depends: description.depends,
        }),
      );
      options.built(this.#supervisor);
      scope.defer(options.gone);
    }

    takeover(state: Json): void {
      this.#state = state;
    }

    async start(): Promise<void> {
      const { signal } = this.#scope;
      // Handlers in the thread may wait for their signal as those here do.
      signal.addEventListener('abort', () => void this.stop(this.#scope.end).catch(() => undefined), {
        once: true,
      });
      await this.#supervisor.start(this.#settings, this.#state);
    }

    async stop(end: ModuleEnd): Promise<void> {
      await this.#supervisor.end(end);
    }

    [ISOLATION](): IsolationInfo {
      return this.#supervisor.info();
    }

    get [RUNS](): boolean {
      return this.#supervisor.runs;
    }

    /** Calls a method of the module in its thread. */
    async [CALL](method: string, args: readonly unknown[]): Promise<unknown> {
      if (method === 'quiesce' && !this[RUNS]) return undefined;
      const result = await this.#supervisor.call(method, args);
      if (method === 'reconfigure') this.#supervisor.settle(args[0]);
      return result;
    }
  }
  for (const method of [...methods, ...offers]) {
    const value = function (this: StandIn, ...args: unknown[]): Promise<unknown> {
      return this[CALL](method, args);
    };
    Object.defineProperty(StandIn.prototype, method, method === 'handover' ? whileItRuns(value) : { value });
  }
  const definition = { name, depends: [provider, ...depends], secrets, offers, follows, reload };
  Module({ ...definition, settings: UNCHECKED })(StandIn);
  return StandIn;
}

/** A module that does not run has no state: it is replaced as one without the method. */
function whileItRuns(value: unknown): PropertyDescriptor & ThisType<{ readonly [RUNS]: boolean }> {
  return {
    get() {
      return this[RUNS] ? value : undefined;
    },
  };
}
