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
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  Clock,
  type Isolation,
  inject,
  Kernel,
  KldError,
  Module,
  type ModuleClass,
  moduleDefinition,
  originOf,
  Scope,
} from '../../core/index.js';
import { describeFile } from './describe-file.js';
import { descriptionOf, requiredBy } from './description.js';
import { type WorkerLimits, workerLimits } from './options.js';
import { makeStandIn } from './stand-in.js';

interface Known {
  standIn: ModuleClass;
  limits: WorkerLimits;
}

/** Gives modules threads of their own: `{ isolate: 'worker' }`. */
@Module({ name: 'worker' })
export class WorkerModule implements Isolation {
  readonly #kernel: Kernel;
  readonly #clock: Clock;
  /** By class or location; for as long as the module is loaded. */
  readonly #known = new Map<ModuleClass | string, Known>();

  constructor(@inject(Kernel) kernel: Kernel, @inject(Clock) clock: Clock, @inject(Scope) scope: Scope) {
    this.#kernel = kernel;
    this.#clock = clock;
    scope.own(kernel.isolations.register('worker', this));
  }

  /** @throws KldError EMODULE for a class that no import finds, ESETTINGS for unknown options; ENOENT, EIMPORT */
  async standIn(
    module: ModuleClass | string,
    options: Readonly<Record<string, unknown>>,
  ): Promise<ModuleClass> {
    const limits = workerLimits(options);
    const known = this.#known.get(module);
    if (known !== undefined) {
      const { name } = moduleDefinition(known.standIn);
      if (!this.#kernel.modules().some((each) => each.name === name)) known.limits = limits;
      return known.standIn;
    }
    const of = typeof module === 'string' ? undefined : module;
    const location = of === undefined ? (module as string) : fileOf(of);
    const description =
      of === undefined
        ? await describeFile(location, this.#kernel.name, this.#clock, limits)
        : descriptionOf(of);
    const made: Known = {
      limits,
      standIn: makeStandIn({
        description,
        location,
        provider: WorkerModule,
        depends: of === undefined ? description.depends : requiredBy(of),
        limits: () => made.limits,
        gone: () => void this.#known.delete(module),
      }),
    };
    this.#known.set(module, made);
    return made.standIn;
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
