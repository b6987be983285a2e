import { lengthOf, type Stretch } from './holders.js';

/** What hosts accepted and clients were told, and whether that is possible where one host at a time has the address. */

/** A write that a host accepted, or that a client was told of. */
export interface Write {
  /** Milliseconds since the epoch, on one clock for all. */
  readonly time: number;
  readonly host: string;
  /** `CLIENT/NUMBER`: a client's connections count up. */
  readonly term: string;
  readonly sequence: number;
}

/** A line of a server (`accepted …`) or of a client (`answered …`); undefined for any other. */
export function parseWrite(line: string, host?: string): Write | undefined {
  const match = /^(?:accepted|answered) (\S+\/\d+) (\d+) ([\d.]+)(?: (\S+))?$/.exec(line);
  if (match === null) return undefined;
  const [, term, sequence, time, told] = match;
  return { term: term!, sequence: Number(sequence), time: Number(time), host: host ?? told! };
}

/** Every line that says what is wrong. */
export function violations(accepted: readonly Write[], answered: readonly Write[]): string[] {
  const terms = new Map<string, Write[]>();
  for (const write of accepted) terms.set(write.term, [...(terms.get(write.term) ?? []), write]);
  return [
    ...[...terms].flatMap(([term, writes]) => termViolations(term, writes)),
    ...lost(terms, answered),
    ...stale(accepted, answered),
  ];
}

/** Within a term there is one host, and each write comes once, in order. */
function termViolations(term: string, writes: readonly Write[]): string[] {
  const hosts = new Set(writes.map(({ host }) => host));
  if (hosts.size > 1) return [`${[...hosts].join(' and ')} accepted writes of term ${term}`];
  const wrong = writes.find(({ sequence }, i) => sequence !== i + 1);
  return wrong === undefined
    ? []
    : [`${wrong.host} accepted write ${wrong.sequence} of ${term} out of order`];
}

/** What was answered was accepted. */
function lost(terms: ReadonlyMap<string, readonly Write[]>, answered: readonly Write[]): string[] {
  return answered
    .filter(({ term, sequence, host }) => terms.get(term)?.[sequence - 1]?.host !== host)
    .map(({ term, sequence, host }) => `write ${sequence} of ${term}, which ${host} answered, is lost`);
}

/** A host accepts nothing of a client's term after the client had an answer of another host in a later one. */
function stale(accepted: readonly Write[], answered: readonly Write[]): string[] {
  /** By client and host: the latest term in which it answered so far. */
  const latest = new Map<string, Map<string, number>>();
  const found: string[] = [];
  const told = answered.map((write) => ({ write, isAnswer: true }));
  const taken = accepted.map((write) => ({ write, isAnswer: false }));
  for (const { write, isAnswer } of [...told, ...taken].toSorted((a, b) => a.write.time - b.write.time)) {
    const [client, number] = partsOf(write.term);
    const hosts = latest.get(client) ?? new Map<string, number>();
    latest.set(client, hosts);
    const later = [...hosts].find(([host, term]) => host !== write.host && term > number);
    if (isAnswer) hosts.set(write.host, number);
    else if (later !== undefined)
      found.push(
        `${write.host} accepted a write of ${write.term} after ${later[0]} answered in term ${later[1]}`,
      );
  }
  return found;
}

function partsOf(term: string): [client: string, number: number] {
  const [client, number] = term.split('/');
  return [client!, Number(number)];
}

/** The longest time without an answer that touches the stretch. */
export function longestSilence(answered: readonly Write[], { from, to }: Stretch): Stretch {
  const before = answered.findLast(({ time }) => time <= from)?.time ?? from;
  const within = answered.filter(({ time }) => time > from && time < to).map(({ time }) => time);
  const times = [before, ...within, to];
  const silences = times.slice(1).map((end, i): Stretch => ({ from: times[i]!, to: end }));
  return silences.reduce((longest, each) => (lengthOf(each) > lengthOf(longest) ? each : longest));
}
