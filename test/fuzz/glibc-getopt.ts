import { createRequire } from 'node:module';
import type koffiModule from 'koffi';
import type { OptionSpec } from '../../modules/cli/getopt.js';

/** struct option: a name, whether it has an argument, a place for a flag, and what is returned. */
const OPTION_SIZE = 32;
const POINTER = 8;
/** What getopt_long returns for an operand, where the string of short options begins with "-". */
const OPERAND = 1;
const END = -1;

/** getopt_long(3) of the C library on which Node runs. */
export class Glibc {
  readonly #specs: readonly OptionSpec[];
  readonly #koffi = createRequire(import.meta.url)('koffi') as typeof koffiModule;
  readonly #library = this.#koffi.load(null);
  readonly #call = this.#library.func(
    'int getopt_long(int argc, void *argv, const char *shorts, void *longs, void *index)',
  ) as (...args: unknown[]) => number;
  readonly #optind = this.#library.symbol('optind', 'int');
  readonly #opterr = this.#library.symbol('opterr', 'int');
  readonly #optarg = this.#library.symbol('optarg', 'char *');
  readonly #shorts: string;
  /** The names of the long options, which #longs points to. */
  readonly #names: Buffer[];
  readonly #longs: Buffer;

  constructor(specs: readonly OptionSpec[]) {
    this.#specs = specs;
    // "-": operands in their place; ":": a missing argument is not an unknown option.
    this.#shorts = `-:${specs.map(({ short, value }) => short! + (value ? ':' : '')).join('')}`;
    this.#names = specs.map(({ long }) => Buffer.from(`${long}\0`));
    this.#longs = Buffer.alloc(OPTION_SIZE * (specs.length + 1));
    specs.forEach(({ short, value }, i) => {
      this.#longs.writeBigUInt64LE(this.#koffi.address(this.#names[i]!), i * OPTION_SIZE);
      this.#longs.writeInt32LE(value ? 1 : 0, i * OPTION_SIZE + POINTER);
      this.#longs.writeInt32LE(short!.charCodeAt(0), i * OPTION_SIZE + 3 * POINTER);
    });
    this.#koffi.encode(this.#opterr, 'int', 0);
  }

  /** `name=value` of each option; undefined where there is a mistake or an operand. */
  read(args: readonly string[]): string[] | undefined {
    const texts = ['carpet', ...args].map((arg) => Buffer.from(`${arg}\0`));
    const argv = Buffer.alloc(POINTER * (texts.length + 1));
    texts.forEach((text, i) => argv.writeBigUInt64LE(this.#koffi.address(text), i * POINTER));
    this.#koffi.encode(this.#optind, 'int', 0); // glibc starts anew
    const options: string[] = [];
    for (;;) {
      const found = this.#call(texts.length, argv, this.#shorts, this.#longs, null);
      // Operands behind "--" stay unread.
      if (found === END)
        return this.#koffi.decode(this.#optind, 'int') === texts.length ? options : undefined;
      const spec = this.#specs.find(({ short }) => short!.charCodeAt(0) === found);
      if (found === OPERAND || spec === undefined) return undefined;
      options.push(`${spec.long}=${spec.value ? this.#koffi.decode(this.#optarg, 'char *') : ''}`);
    }
  }
}
