/**
 * @module
 * A module in a thread: imports its file, puts a kernel around it, and does what the kernel outside says.
 */
import {
  describe,
  type EventHandlerList,
  type EventName,
  exportsOf,
  isModuleClass,
  Kernel,
  KldError,
  locateModule,
  type ModuleClass,
  type ModuleLifecycle,
  moduleDefinition,
  Veto,
} from '../../../core/index.js';
import { FileImporter } from '../../importer/index.js';
import { classOf, descriptionOf, requiredBy } from '../description.js';
import { answerTo } from '../pending.js';
import type {
  Asked,
  Description,
  EventMessage,
  FileDescription,
  RunMessage,
  ThreadData,
  ToWorker,
} from '../protocol.js';
import type { Channel } from './channel.js';
import { followHandlers } from './listeners.js';
import type { Outside } from './outside.js';
import { RelayedRegistry } from './registry.js';
import { remoteModule } from './remote-module.js';
import { RelayedSysctl } from './sysctl.js';
import { RelayedVerbs } from './verbs.js';

/** What a forced unload may take before the thread is ended anyway. */
const UNLOAD_MS = 60_000;

type Start = Extract<ToWorker, { type: 'start' }>;
type SetSysctl = Extract<ToWorker, { type: 'set-sysctl' }>;

export class Resident {
  readonly #data: Pick<ThreadData, 'location' | 'module' | 'kernel'>;
  readonly #importer = new FileImporter({ resolve: (specifier) => specifier });
  readonly #outside: Outside;
  readonly #channel: Channel;
  #kernel: Kernel | undefined;
  #sysctl: RelayedSysctl | undefined;
  readonly #verbs: RelayedVerbs;
  #instance: ModuleLifecycle = {};
  #name = '';
  #handled = 0;

  constructor(data: Pick<ThreadData, 'location' | 'module' | 'kernel'>, outside: Outside, channel: Channel) {
    this.#data = data;
    this.#outside = outside;
    this.#channel = channel;
    this.#verbs = new RelayedVerbs(outside);
  }

  receive(message: ToWorker): void {
    switch (message.type) {
      case 'event':
        return this.#event(message);
      case 'events':
        return this.#events(message);
      case 'answer':
      case 'failure':
        return this.#outside.settle(message);
      case 'ping':
        return this.#pong();
      case 'set-sysctl':
        return this.#follow(message);
      case 'verb-run':
        return this.#answer(message.id, () => this.#verbs.run(message));
      case 'verb-next':
        return this.#answer(message.id, () => this.#verbs.next(message.of));
      case 'verb-end':
        return this.#verbs.end(message.of);
      case 'describe':
        return this.#answer(message.id, () => this.#describe(message.files));
      case 'start':
        return this.#answer(message.id, () => this.#start(message));
      case 'stop':
        return this.#answer(message.id, () => this.#stop(message.end));
      case 'call':
        return this.#answer(message.id, () => this.#call(message.method, message.args));
      default:
    }
  }

  /** After each batch of messages: the kernel sends more events when these have been handled. */
  done(): void {
    if (this.#handled === 0) return;
    this.#channel.reply({ type: 'handled', count: this.#handled });
    this.#handled = 0;
  }

  #events({ list, priority, all }: RunMessage): void {
    this.#handled += all.length;
    const known = this.#listOf(list);
    for (const args of all) known?.invokeAt(priority, ...args);
  }

  #event({ list, priority, args, id, veto: at, asked }: EventMessage): void {
    this.#handled++;
    const known = this.#listOf(list);
    if (id === undefined) {
      known?.invokeAt(priority, ...args);
      return;
    }
    this.#answer(id, async () => {
      const veto = new Veto();
      const all = at === undefined ? args : args.with(at, veto);
      if (asked === undefined) await known?.invokeAsyncAt(priority, ...all);
      const answers = asked && known && (await answersOf(known, priority, all, asked));
      return { reason: veto.reason, ...(answers && { answers }) } satisfies Asked;
    });
  }

  /** What is refused here has been written outside, where nobody waits for the answer. */
  #follow({ name, value, kept = false }: SetSysctl): void {
    try {
      this.#sysctl?.follow(name, value, kept);
    } catch (error) {
      const message = `sysctl ${name}: ${String(value)} is refused: ${describe(error)}`;
      this.#outside.log({ level: 'warning', time: 0, module: this.#name, message });
    }
  }

  #listOf(list: string): EventHandlerList | undefined {
    return this.#kernel?.eventhandler.findList(list as EventName);
  }

  #pong(): void {
    const values = this.#sysctl?.changes();
    if (values !== undefined) this.#channel.reply({ type: 'sysctl-values', values });
    this.#channel.reply({ type: 'pong' });
  }

  async #describe(files: boolean): Promise<Description | FileDescription> {
    const { location } = this.#data;
    if (!files || !location.startsWith('file:'))
      return { ...descriptionOf(await this.#locate()), ...(files && { files: [] }) };
    const found = await this.#locate(true);
    return { ...descriptionOf(found), files: this.#importer.filesOf(location) };
  }

  /** @throws KldError ENOENT, EIMPORT, EMODULE */
  async #locate(fresh = false): Promise<ModuleClass> {
    const { location, module } = this.#data;
    const importer = (specifier: string): Promise<unknown> => this.#importer.import(specifier, fresh);
    if (module === undefined) return locateModule(location, importer);
    const all = Object.values(await exportsOf(location, () => importer(location))).filter(isModuleClass);
    const found = all.find((each) => moduleDefinition(each).name === module);
    if (found !== undefined) return found;
    throw new KldError(
      'EMODULE',
      `${module}: its class is not exported by ${location}, where a worker looks for it: export it there`,
      { module },
    );
  }

  async #start({ settings, state, offers }: Start): Promise<void> {
    const module = await this.#locate();
    const { name, settings: schema } = moduleDefinition(module);
    const outside = this.#outside;
    const call = outside.call.bind(outside);
    const remote = requiredBy(module).map((reference) => {
      const of = classOf(reference);
      const key = of === undefined ? (reference as string) : moduleDefinition(of).name;
      return { of, standIn: remoteModule(key, offers[key] ?? [], of, call) };
    });
    const sysctl = new RelayedSysctl(outside);
    const { location } = this.#data;
    const kernel = new Kernel({
      name: this.#data.kernel,
      ...(location.startsWith('file:') && { base: location }),
      log: (record) => outside.log(record),
      onError: (error) => outside.fault(error),
      override: remote.flatMap(({ of, standIn }) => (of === undefined ? [] : [[of, standIn] as const])),
      parts: { eventhandler: (options) => new RelayedRegistry(options, outside), sysctl, verbs: this.#verbs },
    });
    this.#kernel = kernel;
    this.#sysctl = sysctl;
    this.#name = name;
    sysctl.shows = true;
    for (const { of, standIn } of remote) if (of === undefined) await kernel.load(standIn);
    followHandlers(kernel.eventhandler, (type, list, priority) => {
      this.#channel.reply({ type, list, priority });
    });
    const written = schema === undefined && isEmpty(settings) ? undefined : settings;
    this.#instance = await kernel.load(module, written, { state });
  }

  async #stop(end: 'unload' | 'replace'): Promise<void> {
    if (end === 'replace') await this.#kernel?.shutdown('replace');
    else await this.#kernel?.unload(this.#name, { force: true, timeout: UNLOAD_MS });
  }

  #call(method: string, args: readonly unknown[]): unknown {
    const kernel = this.#kernel!;
    switch (method) {
      case 'quiesce':
        return this.#instance.quiesce?.();
      case 'reconfigure':
        return kernel.reconfigure(this.#name, args[0]);
      case 'changes':
        return kernel.changes(this.#name, args[0]);
      case 'handover':
        return kernel.handover(this.#name);
      default:
        return kernel.offers(this.#name).call(method, args);
    }
  }

  #answer(id: number, work: () => unknown): void {
    void answerTo(id, async () => work()).then((answer) => {
      try {
        this.#channel.reply(answer);
      } catch (error) {
        void answerTo(id, () => Promise.reject(error)).then((refusal) => this.#channel.reply(refusal));
      }
    });
  }
}

/** Asks the handlers of one priority, as the list outside would. */
async function answersOf(
  list: EventHandlerList,
  priority: number,
  args: unknown[],
  { kind, failClosed }: NonNullable<EventMessage['asked']>,
): Promise<unknown[]> {
  let answers: unknown[] = [];
  const taken = (answer: unknown): boolean => {
    answers = kind === 'collect' ? [...answers, answer] : [answer];
    if (kind === 'waterfall') args[0] = answer;
    return kind !== 'bail';
  };
  await list.askAsync(args, { kind, failClosed, taken }, priority);
  return answers;
}

function isEmpty(settings: unknown): boolean {
  return typeof settings === 'object' && settings !== null && Object.keys(settings).length === 0;
}
