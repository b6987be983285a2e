import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CaptureError, CaptureReader } from '../../../modules/capture/index.js';
import { sequenceAt } from '../../../modules/carp/seal/format.js';
import { JsonPrinter, TextPrinter, verdictOf } from '../../../modules/cli/explain/printer.js';
import { PacketReader } from '../../../modules/cli/explain/reader.js';
import { InetPrefix } from '../../../modules/ifnet/index.js';
import { carpFrame, pcapFile, pcapngFile, tagged } from '../../modules/capture/support/files.js';
import { advertisement } from '../../modules/carp/support/advertisement.js';
import { sealedAdvertisements } from '../../modules/carp/support/seal.js';
import { mutants } from '../mutation.js';
import { type FuzzTarget, fuzzProperty } from '../target.js';

const NOW = Date.UTC(2026, 10, 28);
const VHID = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: ['10.88.0.100/24', 'fd00::100/64'] };
const sealed = sealedAdvertisements(VHID, '10.88.0.2');

const FRAMES = [
  carpFrame(advertisement(VHID)),
  carpFrame(advertisement({ ...VHID, password: 'other' }), { source: '10.88.0.3' }),
  tagged(carpFrame(sealed({ sequence: sequenceAt(NOW) })), 10),
  carpFrame(sealed({ sequence: sequenceAt(NOW) + 9, advskew: 1, sealedAs: {} }), { ttl: 9 }),
  carpFrame(advertisement(VHID), { source: 'fe80::2' }),
  carpFrame(Buffer.from('313d9601006442910a58008c', 'hex'), { source: '10.88.0.1' }),
  carpFrame(Buffer.from('2133960100013e0e0a5800640000000000000000', 'hex'), { source: '10.88.0.1' }),
];
const FILES = [pcapFile, pcapngFile].flatMap((make) =>
  [true, false].map((little) =>
    make(
      FRAMES.map((bytes, i) => ({ time: NOW + i * 500, bytes })),
      { little },
    ),
  ),
);

const bent = mutants(FILES, { maxLength: 4096 });

/** Explains a capture that comes in pieces, and returns how many packets of it were advertisements. */
function explain(file: Uint8Array, piece: number): number {
  const capture = new CaptureReader();
  const reader = new PacketReader({
    key: new TextEncoder().encode('secret'),
    prefixes: VHID.addresses.map((text) => InetPrefix.parse(text)),
  });
  const [json, text] = [new JsonPrinter(), new TextPrinter()];
  let count = 0;
  try {
    for (let at = 0; at < file.length; at += piece)
      for (const packet of capture.push(file.subarray(at, at + piece))) {
        const explained = reader.read(packet);
        if (explained === undefined) continue;
        count++;
        const { verdict, counter } = JSON.parse(json.line(explained)) as Record<string, string | null>;
        assert.equal(verdict, verdictOf(explained));
        assert.ok(counter === null || BigInt(counter!) >= 0n);
        assert.ok(text.line(explained).endsWith(`${verdict}\n`));
      }
    capture.end();
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
  }
  assert.ok(text.end(reader).endsWith('\n'));
  return count;
}

export const target: FuzzTarget = {
  about: 'captures of both formats through carpet explain: read or refused, and true ones whole',
  open: () => {
    let explained = 0;
    return {
      properties: {
        whole: fuzzProperty({
          input: fc.tuple(fc.constantFrom(...FILES), fc.integer({ min: 1, max: 500 })),
          check: ([file, piece]) => assert.equal(explain(file, piece), FRAMES.length),
          size: FRAMES.length,
          usual: 10,
        }),
        bent: fuzzProperty({
          input: fc.tuple(bent, fc.integer({ min: 1, max: 500 })),
          check: ([file, piece]) => void (explained += explain(file, piece)),
          size: FRAMES.length,
          usual: 150,
          reached: () =>
            assert.ok(explained > 150, `${explained} packets explained: the files are bent too much`),
        }),
      },
    };
  },
};
