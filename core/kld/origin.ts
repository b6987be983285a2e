/** A frame of the stack, as far as V8's interface for it is needed here. */
interface CallSite {
  getFileName(): string | null | undefined;
}

type StackTracer = ((error: Error, sites: CallSite[]) => unknown) | undefined;

const ORIGIN = Symbol('carpet: origin');

/**
 * Which file makes a module now: the first on the stack outside of this folder. Taken from the stack as the engine has it,
 * so that source maps do not change it.
 *
 * @returns a URL or a path; undefined where the engine does not say
 */
export function callingFile(): string | undefined {
  const holder = Error as unknown as { prepareStackTrace?: StackTracer };
  const { prepareStackTrace } = holder;
  holder.prepareStackTrace = (_error, sites) => sites;
  const sites = new Error('a stack is all that is wanted').stack as unknown;
  holder.prepareStackTrace = prepareStackTrace;
  // Under --stack-trace-limit=0 there is no stack.
  if (!Array.isArray(sites) || sites.length === 0) return undefined;
  const files = (sites as CallSite[]).map((site) => site.getFileName() ?? '');
  const folder = files[0]!.slice(0, files[0]!.lastIndexOf('/') + 1);
  return files.find((file) => file !== '' && !file.startsWith(folder));
}

/** Notes in which file the class was decorated. */
export function noteOrigin(cls: object, file: string | undefined): void {
  Object.defineProperty(cls, ORIGIN, { value: file });
}

/** The file in which the class was decorated with `@Module`: a URL, or a path for CommonJS. */
export function originOf(cls: object): string | undefined {
  return Object.hasOwn(cls, ORIGIN) ? (cls as { [ORIGIN]?: string })[ORIGIN] : undefined;
}

/** Whether both are of the same file, be it in versions of their own: a reload imports each with another query. */
export function areOfOneFile(a: object, b: object): boolean {
  const [one, other] = [originOf(a), originOf(b)].map((origin) => origin?.replace(/[?#].*$/, ''));
  return one !== undefined && one === other;
}
