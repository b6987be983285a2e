/** Commands of ours with options, and without them verbs of the running kernel. */
const PROTOCOLS: ReadonlySet<string> = new Set(['carp', 'vrrp']);

/** `carp`, `vrrp`. */
export function isProtocol(command: string): boolean {
  return PROTOCOLS.has(command);
}

/** `carp 1@eth0 state backup`, in the order of ifconfig(8), as the words of the verb carp.state; others as they are. */
export function verbOrder(words: readonly string[]): readonly string[] {
  const [command, vhid = '', verb, ...rest] = words;
  return command !== undefined && isProtocol(command) && verb !== undefined && isVhid(vhid)
    ? [command, verb, vhid, ...rest]
    : words;
}

/** `1@eth0`, or `all`. */
export function isVhid(word: string): boolean {
  return word.includes('@') || word === 'all';
}
