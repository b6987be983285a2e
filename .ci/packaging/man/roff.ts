/** Widest line of generated source; what is longer is broken where the formatter would fill anyway. */
const MAX_COLUMNS = 78;

/** Characters that groff shows as typographic ones unless they are named; in code they must stay what they are. */
const CODE: Readonly<Record<string, string>> = {
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
};

/** Escapes prose for roff. */
export function prose(text: string): string {
  return text.replaceAll('\\', '\\e');
}

/** Escapes code for roff: a reader can copy it from the screen. */
export function code(text: string): string {
  return prose(text).replaceAll(/[-'`^~]/g, (character) => CODE[character]!);
}

/** Escaped text in bold. */
export function bold(text: string): string {
  return `\\fB${text}\\fR`;
}

/** Escaped text in italics, which a terminal underlines. */
export function italic(text: string): string {
  return `\\fI${text}\\fR`;
}

/** Escaped text as an argument of a macro. */
export function quoted(text: string): string {
  return `"${text.replaceAll('"', '\\(dq')}"`;
}

/** Keeps a line of text from being read as a request. */
export function guarded(line: string): string {
  return /^[.']/.test(line) ? `\\&${line}` : line;
}

/** Escaped text as lines that the formatter fills. */
export function filled(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    if (line !== '' && line.length + 1 + word.length > MAX_COLUMNS) {
      lines.push(guarded(line));
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, guarded(line)];
}
