/**
 * @module
 * Modules in threads of their own. Loaded, it lets `kernel.load(X, settings, { isolate: 'worker' })` run X in a thread,
 * with a kernel of the same kind around it; a stand-in with X's name is what this kernel then has loaded.
 *
 *     kernel -> StandIn -> Supervisor -> Thread ----- Resident -> kernel in the thread -> X
 *                            Forwarder, Requests        (inside/)
 *
 * Worker threads keep faults apart, not malice: see "What a thread cannot keep in" of docs/worker.md.
 */
import { statSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  Clock,
  type Isolation,
  inject,
  Keepsakes,
  Kernel,
  KldError,
  Module,
  type ModuleClass,
  type ModuleReference,
  moduleDefinition,
  originOf,
  Scope,
} from '../../core/index.js';
import { describeFile } from './describe-file.js';
import { descriptionOf, requiredBy } from './description.js';
import { type WorkerLimits, workerLimits } from './options.js';
import type { Description } from './protocol.js';
import { makeStandIn } from './stand-in.js';
import type { Supervisor } from './supervisor.js';

/** A stand-in, and what it stands for. */
interface Known {
  /** As the kernel names it: a class or a location. */
  readonly key: ModuleClass | string;
  readonly location: string;
  readonly standIn: ModuleClass;
  limits: WorkerLimits;
  /** Of the instance that is loaded. */
  supervisor?: Supervisor | undefined;
  /** What stood for the module before, and still does if this one fails. */
  before?: Known | undefined;
}

/** The stand-ins of a kernel: they are what it has loaded, and outlive a reload of what has made them. */
class StandIns {
  /** By class or location; for as long as the module is loaded. */
  readonly known = new Map<ModuleClass | string, Known>();
  readonly byStandIn = new WeakMap<ModuleClass, Known>();
}

/** Gives modules threads of their own: `{ isolate: 'worker' }`. */
@Module({
  name: 'worker',
  reload: 'after', // One version only may provide the kind: the one before would take it away.
})
export class WorkerModule implements Isolation {
  readonly #kernel: Kernel;
  readonly #clock: Clock;
  readonly #standIns: StandIns;

  constructor(
    @inject(Kernel) kernel: Kernel,
    @inject(Clock) clock: Clock,
    @inject(Scope) scope: Scope,
    @inject(Keepsakes) keepsakes: Keepsakes,
  ) {
    this.#kernel = kernel;
    this.#clock = clock;
    this.#standIns = keepsakes.get(StandIns);
    scope.own(kernel.isolations.register('worker', this));
  }

  /** @throws KldError EMODULE for a class that no import finds, ESETTINGS for unknown options; ENOENT, EIMPORT */
  async standIn(
    module: ModuleClass | string,
    options: Readonly<Record<string, unknown>>,
  ): Promise<ModuleClass> {
    const limits = workerLimits(options);
    const known = this.#standIns.known.get(module);
    if (known !== undefined) {
      const { name } = moduleDefinition(known.standIn);
      if (!this.#kernel.modules().some((each) => each.name === name)) known.limits = limits;
      return known.standIn;
    }
    const of = typeof module === 'string' ? undefined : module;
    const location = of === undefined ? (module as string) : fileOf(of);
    const asked = { location, limits, files: false, kernel: this.#kernel.name, clock: this.#clock };
    const description = of === undefined ? await describeFile(asked) : descriptionOf(of);
    const depends = of === undefined ? description.depends : requiredBy(of);
    const made = this.#make({ key: module, location, limits, description, depends });
    this.#standIns.known.set(module, made);
    return made.standIn;
  }

  /** @throws KldError ENOENT, EIMPORT, EMODULE */
  async renew(standIn: ModuleClass, options: Readonly<Record<string, unknown>>): Promise<ModuleClass> {
    const limits = workerLimits(options);
    const known = this.#standIns.byStandIn.get(standIn);
    if (known === undefined) return standIn;
    const { key, supervisor } = known;
    const location = known.location.replace(/[?#].*$/, '');
    const { name } = moduleDefinition(standIn);
    const kernel = this.#kernel.name;
    const asked = { location, module: name, limits, kernel, clock: this.#clock };
    const description = await describeFile({ ...asked, files: true });
    if (supervisor !== undefined && !description.files.some((file) => hasChanged(file, supervisor.began)))
      return standIn;
    return this.#make({ key, location, limits, description, depends: description.depends }).standIn;
  }

  #make({ key, location, limits, description, depends }: Making): Known {
    const made: Known = {
      key,
      location,
      limits,
      standIn: makeStandIn({
        description,
        location,
        provider: WorkerModule,
        depends,
        limits: () => made.limits,
        built: (supervisor) => this.#built(made, supervisor),
        gone: () => this.#gone(made),
      }),
    };
    this.#standIns.byStandIn.set(made.standIn, made);
    return made;
  }

  #built(made: Known, supervisor: Supervisor): void {
    made.supervisor = supervisor;
    const before = this.#standIns.known.get(made.key);
    if (before !== made) made.before = before;
    this.#standIns.known.set(made.key, made);
  }

  #gone(made: Known): void {
    made.supervisor = undefined;
    const now = this.#standIns.known.get(made.key);
    if (now?.before === made) now.before = undefined;
    if (now !== made) return;
    if (made.before === undefined) this.#standIns.known.delete(made.key);
    else this.#standIns.known.set(made.key, made.before);
    made.before = undefined;
  }
}

/** What a stand-in is made of. */
interface Making extends Pick<Known, 'key' | 'location' | 'limits'> {
  readonly description: Description;
  readonly depends: readonly ModuleReference[];
}

/** Whether a file is other than at that moment, or gone. */
function hasChanged(url: string, since: number): boolean {
  try {
    return statSync(new URL(url), { bigint: true }).ctimeMs > BigInt(Math.floor(since));
  } catch {
    return true;
  }
}

/** The file that a thread has to import for the class. @throws KldError EMODULE */
function fileOf(module: ModuleClass): string {
  const { name } = moduleDefinition(module);
  const origin = originOf(module);
  const file = origin?.startsWith('/') ? pathToFileURL(origin).href : origin;
  const remedy = 'move it into a file of its own that exports it';
  if (file === undefined || !file.startsWith('file:'))
    throw new KldError(
      'EMODULE',
      `${name}: no file is known from which a worker could import its class; ${remedy}`,
      {
        module: name,
      },
    );
  if (fileURLToPath(file.replace(/[?#].*$/, '')) === process.argv[1])
    throw new KldError(
      'EMODULE',
      `${name}: its class stands in the program's main file, which a worker would run once more; ${remedy}`,
      { module: name },
    );
  return file;
}
