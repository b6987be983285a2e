/** `END`, `'END'` or `\END` behind `<<`; any other end is not known. */
const END = /^[ \t]*(?:(["'])(\w+)\1|\\?(\w+))(?=[\s;&|<>)]|$)/;

/**
 * Tells the text of a here document from the commands behind it. Between `<<` and the end of that line stand commands, too.
 * Where the end is not known, the text goes on for ever.
 */
export class HereDocument {
  readonly #end: string | undefined;
  #line = '';
  #isText = false;

  /** @param behind what follows `<<` or `<<-` */
  constructor(behind: string) {
    const [, , quoted, plain] = END.exec(behind) ?? [];
    this.#end = quoted ?? plain;
  }

  /** What comes next is text of the document. */
  get isText(): boolean {
    return this.#isText;
  }

  /** @returns false once the document has ended */
  feed(char: string): boolean {
    if (char !== '\n') {
      this.#line += char;
      return true;
    }
    if (this.#isText && this.#line.replace(/^\t+/, '') === this.#end) return false;
    this.#isText = true;
    this.#line = '';
    return true;
  }
}
