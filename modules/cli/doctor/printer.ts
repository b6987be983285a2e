import { type Diagnosis, nameOf, type SubjectVhid } from '../../doctor/index.js';

/** Two lines a finding, then what could not be examined. */
export function printText(
  { findings, notes }: Diagnosis,
  ifnames: readonly string[],
  vhids: readonly SubjectVhid[],
): void {
  const lines = findings.flatMap(({ severity, on, code, text, remedy }) => [
    `${severity}: ${on}: ${text} [${code}]`,
    `\tremedy: ${remedy}`,
  ]);
  const names = vhids.length === 0 ? '' : `, ${vhids.map(nameOf).join(', ')}`;
  if (findings.length === 0) lines.push(`nothing is wrong with ${ifnames.join(', ')}${names}`);
  lines.push(...notes.map((note) => `note: ${note}`));
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

/** One object. */
export function printJson(
  { findings, notes }: Diagnosis,
  interfaces: readonly string[],
  vhids: readonly SubjectVhid[],
): void {
  const document = { interfaces, vhids: vhids.map(nameOf), findings, notes };
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}
