import assert from 'node:assert/strict';
import { parseUevent } from '../../../modules/devctl/linux/uevent.js';
import { corpusBytes } from '../corpus.js';
import { mutants } from '../mutation.js';
import { type FuzzTarget, fuzzProperty } from '../target.js';

/** The datagram cut at its NUL bytes, by bytes; undefined where its first piece is no header. */
function pieces(
  bytes: Uint8Array,
): { action: string; devpath: string; pairs: [string, string][] } | undefined {
  const parts: string[] = [];
  let rest = bytes;
  for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
    parts.push(new TextDecoder('utf-8', { ignoreBOM: parts.length > 0 }).decode(rest.subarray(0, end)));
    rest = rest.subarray(end + 1);
  }
  parts.push(new TextDecoder('utf-8', { ignoreBOM: parts.length > 0 }).decode(rest));
  const [header, ...others] = parts as [string, ...string[]];
  const at = header.indexOf('@');
  const [action, devpath] = [header.slice(0, Math.max(at, 0)), header.slice(at + 1)];
  if (action === '' || Array.from(action).some((c) => c < 'a' || c > 'z') || !devpath.startsWith('/'))
    return undefined;
  const pairs = others.flatMap((text): [string, string][] => {
    const [name] = text.split('=', 1);
    return name === '' || name === text ? [] : [[name!, text.slice(name!.length + 1)]];
  });
  return { action, devpath, pairs };
}

function sameAsPieces(bytes: Uint8Array): void {
  const expected = pieces(bytes);
  const read = parseUevent(bytes);
  assert.equal(read === undefined, expected === undefined);
  if (read === undefined || expected === undefined) return;
  assert.equal(read.action, expected.action);
  assert.equal(read.devpath, expected.devpath);
  assert.deepEqual(read.properties, new Map(expected.pairs));
}

const TOKENS = ['add@/', 'libudev\0', '\0ACTION=', '=', '\0', '@', '\ufeff'].map((text) => Buffer.from(text));

export const target: FuzzTarget = {
  about: 'uevents of the kernel, against the datagram cut by hand',
  open: () => ({
    properties: {
      datagrams: fuzzProperty({
        input: mutants(corpusBytes('uevent'), { tokens: TOKENS, maxLength: 1024 }),
        check: sameAsPieces,
        usual: 2000,
      }),
    },
  }),
};
