import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readClaim } from '../../../modules/acd/claim.js';
import { claimEtherType, claimFilter } from '../../../modules/acd/filter.js';
import { formatLladdr, InetAddress, passesFrame } from '../../../modules/ifnet/index.js';
import { summarizeFrame } from '../../../modules/ifnet/wire/summary.js';
import { needs } from '../../support/needs.js';
import { corpusBytes } from '../corpus.js';
import { mutants } from '../mutation.js';
import { repaired } from '../repair.js';
import { type FuzzTarget, fuzzProperty } from '../target.js';
import { tcpdump } from '../tcpdump.js';

const BATCH = 500;
const ETHERTYPE = 12;
const HELD = ['10.88.0.100', 'fd00:88::100'].map((text) => InetAddress.parse(text));

const frame = fc
  .tuple(mutants(corpusBytes('claims'), { maxLength: 160 }), fc.boolean())
  .map(([bytes, repair]) => (repair ? repaired(bytes) : bytes));

/** What claims a held address must pass the filter for it in the kernel; and an address claimed stands in the frame. */
function passesItsFilter(bytes: Uint8Array): void {
  summarizeFrame(bytes);
  const claim = readClaim(bytes);
  if (claim === undefined) return;
  const { address, lladdr } = claim;
  assert.equal(lladdr.length, 6);
  assert.ok(Buffer.from(bytes).includes(Buffer.from(address.bytes)));
  const type = (bytes[ETHERTYPE]! << 8) | bytes[ETHERTYPE + 1]!;
  assert.equal(type, claimEtherType(address.family));
  // A solicitation's sender may be any address; held ones are of hosts.
  for (const held of [address, ...HELD.filter(({ family }) => family === address.family)]) {
    const passes = passesFrame(claimFilter(held.family, [held.bytes]), bytes);
    if (held.equals(address)) assert.ok(passes, 'a claim that the kernel would drop');
  }
}

/** What tcpdump says of a frame that claims something, about who has what. */
function sameAsTcpdump(frames: readonly Uint8Array[]): void {
  const lines = tcpdump(frames);
  frames.forEach((bytes, i) => {
    const claim = readClaim(bytes);
    const line = lines[i]!;
    // The outermost type: the kernel takes tags of VLANs off before a socket sees the frame, tcpdump reads on behind them.
    const isArp =
      /^[^,]*, ethertype ARP .* Ethernet \(len 6\), IPv4 \(len 4\), (Request who-has|Reply) /.test(line);
    if (isArp && !line.includes('[|arp]')) assert.ok(claim, line);
    if (isArp && claim?.kind === 'claim') {
      const address = escaped(claim.address.toString());
      assert.match(line, new RegExp(`tell ${address}[,) ]|Reply ${address} is-at`));
    }
    if (claim !== undefined && / neighbor advertisement/.test(line) && claim.address.family === 6) {
      // As an address: tcpdump writes those below 2^32 with dots.
      const target = /tgt is ([\da-f:.]+)[,) ]/.exec(line)?.[1];
      assert.ok(InetAddress.parse(target ?? '').equals(claim.address), line);
      assert.equal(claim.kind === 'claim', /Flags \[[^\]]*override/.test(line), line);
      const option = /destination link-address option \(2\), length 8 \(1\): ([\da-f:]{17})/.exec(line)?.[1];
      if (option !== undefined && !/link-address option \(2\).*link-address option \(2\)/.test(line))
        assert.equal(formatLladdr(claim.lladdr), option);
    }
  });
}

const escaped = (text: string): string => text.replaceAll(/[.:]/g, '[$&]');

export const target: FuzzTarget = {
  about: "claims of addresses in ARP and neighbour discovery, against the kernel's filter and tcpdump",
  open: () => ({
    properties: {
      filter: fuzzProperty({ input: frame, check: passesItsFilter, usual: 3000 }),
      tcpdump: fuzzProperty({
        input: fc.array(
          frame.filter(({ length }) => length > 0),
          { minLength: BATCH, maxLength: BATCH },
        ),
        check: sameAsTcpdump,
        size: BATCH,
        usual: 4,
        skip: needs('program:tcpdump'),
      }),
    },
  }),
};
