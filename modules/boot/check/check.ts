import {
  type Clock,
  isModuleName,
  type ModuleClass,
  type ModuleImporter,
  moduleDefinition,
} from '../../../core/index.js';
import { jsonSchemaOf } from '../../json-schema/index.js';
import type { Configuration, ModuleSetting, SysctlSetting, SysctlValue } from '../configuration.js';
import { formatPath, type Problem, sortProblems } from '../problem.js';
import type { ModuleRegistry } from '../registry.js';
import { SecretStore } from '../secrets/index.js';
import {
  isNull,
  type Placed,
  type PlacedMap,
  parseSources,
  plain,
  readSources,
  type SourceText,
} from '../source/index.js';
import { type DocumentSettings, documentSchema } from './document.js';
import { takeInstance } from './instance.js';
import { takeIsolate } from './isolate.js';
import { problemsOf } from './issues.js';
import { type FindRunning, ModuleLocator } from './locate.js';
import { checkModuleSettings } from './module-settings.js';
import { inLoadingOrder } from './order.js';
import { unknownKeys } from './unknown-keys.js';

/** What a check needs beside the files. */
export interface CheckOptions {
  /** The modules with short names. */
  readonly registry: ModuleRegistry;
  /** The folder of systemd's credentials, `$CREDENTIALS_DIRECTORY`. */
  readonly credentials?: string | undefined;
  /** Short names of modules that are loaded before all others, whether the file names them or not. */
  readonly always?: readonly string[];
  /** Nothing is started: credentials that are not there, and files that only root may read, are warnings. */
  readonly offline?: boolean;
  /** Imports modules. Default: as Node does. A kernel whose modules are reloaded has one that knows their newest code. */
  readonly import?: ModuleImporter;
  /**
   * What runs keeps its code, whatever was imported since, and what does not run has the code that its file has now. Default:
   * every module has the code that was imported first.
   */
  readonly running?: FindRunning;
  /** Lets what runs in this process go on during a long check. Default: nothing runs. */
  readonly clock?: Clock;
}

/** What a check found. */
export interface Checked {
  /** Undefined when there is a problem. */
  readonly configuration: Configuration | undefined;
  /** Every mistake, in the order of the files. */
  readonly problems: readonly Problem[];
  /** What is no mistake, but should be looked at. */
  readonly warnings: readonly Problem[];
  /** The files that were read. */
  readonly texts: readonly SourceText[];
}

/** Reads a settings file and its conf.d, and checks them. Nothing is changed, and nothing is thrown. */
export async function checkFiles(main: string, options: CheckOptions): Promise<Checked> {
  const { texts, problems, warnings } = readSources(main);
  const checked = await checkTexts(texts, options);
  const all = sortProblems([...problems, ...checked.problems], [main, ...texts.map(({ file }) => file)]);
  return {
    configuration: problems.length > 0 ? undefined : checked.configuration,
    problems: all,
    warnings: [...warnings, ...checked.warnings],
    texts,
  };
}

/** Checks texts as if they stood in those files. */
export async function checkTexts(texts: readonly SourceText[], options: CheckOptions): Promise<Checked> {
  const { root, problems } = await parseSources(texts, options.clock);
  if (root === undefined) return { configuration: undefined, problems, warnings: [], texts };
  const check = new Check(options);
  await check.run(root);
  const order = texts.map(({ file }) => file);
  const all = sortProblems([...problems, ...check.problems], order);
  const configuration = all.length > 0 ? undefined : { texts, written: root, ...check.result };
  return { configuration, problems: all, warnings: sortProblems(check.warnings, order), texts };
}

class Check {
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];
  readonly #locator: ModuleLocator;
  readonly #registry: ModuleRegistry;
  readonly #secrets: SecretStore;
  readonly #always: readonly string[];
  readonly #pause: () => Promise<void>;
  readonly #modules = new Map<string, ModuleSetting>();
  #document: DocumentSettings = {};
  #sysctl: SysctlSetting[] = [];

  constructor({ registry, credentials, always = [], offline = false, clock, ...rest }: CheckOptions) {
    this.#registry = registry;
    const { import: importer = (specifier) => import(specifier), running } = rest;
    this.#locator = new ModuleLocator(registry, importer, running);
    this.#secrets = new SecretStore(credentials, offline);
    this.#always = always;
    this.#pause = async () => clock?.nextTurn();
  }

  get result(): Omit<Configuration, 'texts' | 'written'> {
    const { name, log = {} } = this.#document;
    return {
      name,
      log: log as Configuration['log'],
      sysctl: this.#sysctl,
      modules: inLoadingOrder([...this.#modules.values()]),
    };
  }

  async run(written: PlacedMap): Promise<void> {
    const root = withoutNulls(written);
    await this.#pause();
    const result = await documentSchema['~standard'].validate(plain(root));
    const unknown = unknownKeys(jsonSchemaOf(documentSchema)!, root, []);
    const known = problemsOf(result.issues ?? [], root, []).filter(
      ({ path }) => !unknown.some((each) => each.path === path),
    );
    this.problems.push(...unknown, ...known);
    if (result.issues === undefined) this.#document = result.value;
    this.#sysctl = sysctls(root.entries.get('sysctl')?.value);
    for (const name of this.#always) await this.#bring(name, root.place);
    const modules = root.entries.get('modules')?.value;
    if (modules?.kind === 'map') await this.#checkModules(modules);
  }

  async #checkModules(modules: PlacedMap): Promise<void> {
    const named = new Set(modules.entries.keys());
    for (const [key, { key: place, value }] of modules.entries) {
      const { from } = takeInstance(key, value, this.#registry);
      for (const brought of this.#locator.brings(from)) {
        if (!named.has(brought)) await this.#bring(brought, place);
      }
      await this.#checkModule(key, place, value);
    }
  }

  /** A module that no file names. */
  async #bring(name: string, place: Problem['place']): Promise<void> {
    const module = await this.#locator.locate(name, place);
    if (typeof module !== 'string') this.#add(module, { ...NO_SETTINGS, source: name, place: undefined });
  }

  async #checkModule(key: string, place: Problem['place'], written: Placed): Promise<void> {
    const path = formatPath(['modules', key]);
    const { from, as, settings: beside } = takeInstance(key, written, this.#registry);
    const module = await this.#locator.locate(from, place, as);
    if (typeof module === 'string') {
      const message = as === undefined ? module : `${from}: ${module}`;
      this.problems.push({ place, path, message });
      return;
    }
    const { isolate, settings: own, problems } = await takeIsolate(key, module, beside);
    this.problems.push(...problems, ...instanceProblems(as, isolate, { place, path }));
    if (isolate !== undefined) await this.#bring('worker', place);
    const found = await checkModuleSettings(key, module, own, this.#secrets, this.#pause);
    const { settings, checked } = found;
    this.problems.push(...found.problems);
    this.warnings.push(...found.warnings);
    const name = as ?? moduleDefinition(module).name;
    const other = this.#modules.get(name);
    const source = this.#locator.source(from, place);
    if (other?.place === undefined) this.#add(module, { settings, checked, isolate, source, place, as });
    else {
      const { file, line } = other.place;
      this.problems.push({
        place,
        path,
        message: `is the module ${name}, which stands at ${file}:${line} already`,
      });
    }
  }

  #add(module: ModuleClass, rest: Omit<ModuleSetting, 'name' | 'module'>): void {
    const name = rest.as ?? moduleDefinition(module).name;
    if (rest.place !== undefined || !this.#modules.has(name))
      this.#modules.set(name, { name, module, ...rest });
  }
}

const NO_SETTINGS = { settings: undefined, checked: undefined };

/** @returns what the kernel would refuse */
function instanceProblems(
  as: string | undefined,
  isolate: unknown,
  where: Pick<Problem, 'place' | 'path'>,
): Problem[] {
  if (as === undefined) return [];
  if (!isModuleName(as))
    return [{ ...where, message: 'is no name of an instance: expected lower-case words joined by hyphens' }];
  if (isolate === undefined) return [];
  return [{ ...where, message: 'a module in a worker is loaded once: leave out module or isolate' }];
}

/** `modules:` with nothing behind it is as good as left out. */
function withoutNulls(root: PlacedMap): PlacedMap {
  return { ...root, entries: new Map([...root.entries].filter(([, { value }]) => !isNull(value))) };
}

function sysctls(node: Placed | undefined): SysctlSetting[] {
  if (node?.kind !== 'map') return [];
  return [...node.entries].flatMap(([name, { key, value }]) =>
    value.kind === 'scalar' ? [{ name, value: value.value as SysctlValue, place: key }] : [],
  );
}
