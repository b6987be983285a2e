import {
  type CarpExplainer,
  type MasterChange,
  type SeenGroup,
  type SeenMaster,
  verdictText,
} from '../../carp/index.js';
import { timeOfDayMs } from '../log/index.js';
import type { Explained } from './reader.js';

/** Prints what packets are. */
export interface PacketPrinter {
  /** One packet, with its newline. */
  line(explained: Explained): string;
  /** What is to be said when all have been seen. */
  end(explainer: CarpExplainer): string;
}

/** One JSON object for each packet, nothing else. */
export class JsonPrinter implements PacketPrinter {
  line({ packet, explanation }: Explained): string {
    const { words, id, checksum, digest } = explanation;
    const object = {
      time: packet.time,
      family: packet.family,
      src: packet.source.toString(),
      dst: packet.destination.toString(),
      vhid: id ?? null,
      advbase: words?.advbase ?? null,
      advskew: words?.advskew ?? null,
      demote: words?.demote ?? null,
      counter: words?.counter.toString() ?? null,
      checksum,
      ttl: packet.ttl,
      digest,
      verdict: verdictText(explanation),
    };
    return `${JSON.stringify(object)}\n`;
  }

  end(): string {
    return '';
  }
}

/** A line for each packet, and at the end who was MASTER and who should be. */
export class TextPrinter implements PacketPrinter {
  readonly #counts = new Map<string, number>();

  line({ packet, explanation }: Explained): string {
    const { words, checksum, digest, faults } = explanation;
    const kind = faults[0]?.kind ?? digest;
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    const { source, destination, vlans, ttl } = packet;
    const fields = [
      timeOfDayMs(new Date(packet.time)),
      `${source} > ${destination}`,
      ...vlans.map((vlan) => `vlan ${vlan}`),
      ...(words === undefined
        ? []
        : [`vhid ${words.vhid} advbase ${words.advbase} advskew ${words.advskew} demote ${words.demote}`]),
      `ttl ${ttl} checksum ${checksum} digest ${digest}`,
    ];
    return `${fields.join(' ')}: ${verdictText(explanation)}\n`;
  }

  end({ groups }: CarpExplainer): string {
    const counts = [...this.#counts].map(([kind, count]) => `${count} ${kind}`);
    const lines = [
      '',
      counts.length === 0 ? 'no packet of IP protocol 112' : counts.join(', '),
      ...groups.flatMap((group) => ([4, 6] as const).flatMap((family) => groupLines(group, family))),
    ];
    return lines.map((line) => `${line}\n`).join('');
  }
}

function groupLines({ vhid, vlans, mastership }: SeenGroup, family: 4 | 6): string[] {
  const { masters, changes, holder, rightful } = mastership[family];
  if (masters.length === 0) return [];
  const place = vlans.length === 0 ? '' : ` in VLAN ${vlans.join('.')}`;
  const now = holder === undefined ? 'nobody: the last one bowed out' : holder.source.toString();
  return [
    '',
    `vhid ${vhid} over IPv${family}${place}`,
    ...changes.map((change) => `  ${changeText(change)}`),
    `  MASTER at the end: ${now}`,
    ...(rightful === undefined ? [] : [`  should be MASTER: ${rightText(rightful, masters.length)}`]),
  ];
}

function changeText({ time, from, to, reason }: MasterChange): string {
  const after = from === undefined ? '' : ` after ${from}`;
  return `${timeOfDayMs(new Date(time))} ${to} is MASTER${after}: ${reason}`;
}

function rightText({ source, words }: SeenMaster, count: number): string {
  const timers = `advbase ${words.advbase}, advskew ${words.advskew}, demotion ${words.demote}`;
  const others = count === 1 ? 'the only one that advertises' : `the best of ${count} that advertised`;
  return `${source} (${timers}), ${others}`;
}
