import { bold, code, italic, prose } from './roff.js';

/** A manual page as others refer to it. */
export interface Reference {
  readonly name: string;
  readonly section: number;
}

/** `carpet-devd(8)`. */
export function reference({ name, section }: Reference): string {
  return `${bold(code(name))}(${section})`;
}

/** Turns the links of a page in docs/ into references to manual pages. */
export class Links {
  /** The page with these links, by its file in docs/. */
  readonly #own: string;
  /** Manual pages by their file in docs/. */
  readonly #manuals: ReadonlyMap<string, Reference>;

  constructor(own: string, manuals: ReadonlyMap<string, Reference>) {
    this.#own = own;
    this.#manuals = manuals;
  }

  /** @param label what is shown, as roff @param plain the same without fonts */
  link(href: string, label: string, plain: string): string {
    if (/^[a-z]+:/.test(href)) return href.includes(plain) ? prose(href) : `${label} (${prose(href)})`;
    const file = href.replace(/#.*/, '');
    if (file === '' || file === this.#own) return label;
    const manual = this.#manuals.get(file);
    const target = manual === undefined ? italic(code(inPackage(file))) : reference(manual);
    // A label that only names the page says nothing beside it.
    const said = [manual?.name, file, file.replace(/\.md$/, '')].includes(plain);
    return said && (manual !== undefined || plain === file) ? target : `${label} (${target})`;
  }
}

/** A file beside the pages, by its path in the package. */
function inPackage(file: string): string {
  return file.startsWith('../') ? file.slice(3) : `docs/${file}`;
}
