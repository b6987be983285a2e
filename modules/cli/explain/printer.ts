import { type CarpPeerWords, verdictText } from '../../carp/index.js';
import type { InetAddress } from '../../ifnet/index.js';
import type { MasterChange } from '../../vip/index.js';
import type { SeenVrrpWords } from '../../vrrp/index.js';
import { timeOfDayMs } from '../log/index.js';
import type { Explained, PacketReader } from './reader.js';

/** Prints what packets are. */
export interface PacketPrinter {
  /** One packet, with its newline. */
  line(explained: Explained): string;
  /** What is to be said when all have been seen. */
  end(reader: PacketReader): string;
}

/** One JSON object for each packet, nothing else. */
export class JsonPrinter implements PacketPrinter {
  line(explained: Explained): string {
    const { packet, explanation, vrrp } = explained;
    const { words, id, digest } = explanation;
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
      checksum: vrrp?.checksum ?? explanation.checksum,
      ttl: packet.ttl,
      digest,
      verdict: verdictOf(explained),
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

  line(explained: Explained): string {
    const { packet, explanation, vrrp } = explained;
    const { words, digest, faults } = explanation;
    const checksum = vrrp?.checksum ?? explanation.checksum;
    const [own, other] = [faults[0]?.kind, vrrp?.faults[0]?.kind];
    const kind = own === 'vrrp clash' ? own : (other ?? own ?? digest);
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
    return `${fields.join(' ')}: ${verdictOf(explained)}\n`;
  }

  end({ explainer, routers }: PacketReader): string {
    const counts = [...this.#counts].map(([kind, count]) => `${count} ${kind}`);
    const lines = [
      '',
      counts.length === 0 ? 'no packet of IP protocol 112' : counts.join(', '),
      ...explainer.groups.flatMap(({ vhid, vlans, mastership }) =>
        ([4, 6] as const).flatMap((family) =>
          groupLines({ title: `vhid ${vhid}`, family, vlans, mastership: mastership[family], describe }),
        ),
      ),
      ...routers.groups.flatMap(({ vrid, ...group }) =>
        groupLines({ title: `VRRP router ${vrid}`, ...group, describe: describeRouter }),
      ),
    ];
    return lines.map((line) => `${line}\n`).join('');
  }
}

/** What is wrong with one of VRRP stands before what it is, unless that is worse. */
export function verdictOf({ explanation, vrrp }: Explained): string {
  const { faults = [], notes = [] } = vrrp ?? {};
  const wrong = faults.map(({ kind, text }) => `${kind}: ${text}`);
  const what = verdictText(explanation);
  const clashes = explanation.faults[0]?.kind === 'vrrp clash';
  return [...(clashes ? [what, ...wrong] : [...wrong, what]), ...notes].join('; ');
}

/** Who was MASTER, as far as it is printed. */
interface Holders<Words> {
  readonly masters: readonly { readonly source: InetAddress }[];
  readonly changes: readonly MasterChange[];
  readonly holder: { readonly source: InetAddress } | undefined;
  readonly rightful: { readonly source: InetAddress; readonly words: Words } | undefined;
}

interface PrintedGroup<Words> {
  readonly title: string;
  readonly family: 4 | 6;
  readonly vlans: readonly number[];
  readonly mastership: Holders<Words>;
  readonly describe: (words: Words) => string;
}

function groupLines<Words>({ title, family, vlans, mastership, describe }: PrintedGroup<Words>): string[] {
  const { masters, changes, holder, rightful } = mastership;
  if (masters.length === 0) return [];
  const place = vlans.length === 0 ? '' : ` in VLAN ${vlans.join('.')}`;
  const now = holder === undefined ? 'nobody: the last one bowed out' : holder.source.toString();
  const others =
    masters.length === 1 ? 'the only one that advertises' : `the best of ${masters.length} that advertised`;
  return [
    '',
    `${title} over IPv${family}${place}`,
    ...changes.map((change) => `  ${changeText(change)}`),
    `  MASTER at the end: ${now}`,
    ...(rightful === undefined
      ? []
      : [`  should be MASTER: ${rightful.source} (${describe(rightful.words)}), ${others}`]),
  ];
}

function changeText({ time, from, to, reason }: MasterChange): string {
  const after = from === undefined ? '' : ` after ${from}`;
  return `${timeOfDayMs(new Date(time))} ${to} is MASTER${after}: ${reason}`;
}

function describe({ advbase, advskew, demote }: CarpPeerWords): string {
  return `advbase ${advbase}, advskew ${advskew}, demotion ${demote}`;
}

function describeRouter({ priority, interval }: SeenVrrpWords): string {
  return `priority ${priority}, every ${interval / 1000} s`;
}
