/** Control characters as `\x1b`: what comes from outside must not steer the terminal that shows the log. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\t]/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
