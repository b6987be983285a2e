/** `vhid="1@eth0",state="MASTER"`: what stands between the braces. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',');
}

const SPECIAL = /[\\\n"]/;

/** With backslash, line feed and double quote escaped, as label values and the help of OpenMetrics want it. */
export function escaped(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
