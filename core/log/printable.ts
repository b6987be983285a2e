/**
 * A stranger's text for a log or a terminal: control characters but the tab become `\x1b`, so that the text cannot
 * steer the terminal or begin a line of its own.
 */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\t]/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
