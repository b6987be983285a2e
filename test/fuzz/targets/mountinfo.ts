import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseMountinfo } from '../../../modules/host/mounts/mountinfo.js';
import { corpusTexts } from '../corpus.js';
import { mutantTexts } from '../mutation.js';
import { type FuzzTarget, fuzzProperty } from '../target.js';

const path = fc
  .array(fc.constantFrom('a', 'bé', ' ', '\t', '\n', '\\', '-', '#', '/', '\\040'), {
    minLength: 1,
    maxLength: 8,
  })
  .map((parts) => `/${parts.join('')}`);
const word = fc.stringMatching(/^[a-z0-9.]{1,8}$/);
const mount = fc.record({
  id: fc.nat(100_000),
  device: fc.tuple(fc.nat(300), fc.nat(300)),
  root: path,
  on: path,
  optional: fc.array(fc.constantFrom('shared:1', 'master:2', 'propagate_from:3', 'unbindable'), {
    maxLength: 3,
  }),
  fstype: word,
  from: fc.oneof(word, path),
});
type Mounted = Parameters<(typeof mount)['filter']>[0] extends (value: infer T) => boolean ? T : never;

/** As fs/proc_namespace.c writes it: mangle() escapes blank, tab, line feed and backslash. */
function line({ id, device, root, on, optional, fstype, from }: Mounted): string {
  const fields = [
    id,
    1,
    device.join(':'),
    mangle(root),
    mangle(on),
    'rw',
    ...optional,
    '-',
    fstype,
    mangle(from),
    'rw',
  ];
  return `${fields.join(' ')}\n`;
}

const mangle = (text: string): string =>
  text.replace(/[ \t\n\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);

function readsBack(mounts: readonly Mounted[]): void {
  const read = parseMountinfo(mounts.map(line).join(''));
  assert.deepEqual(
    read.map(({ id, on, fstype, from }) => ({ id, on, fstype, from })),
    mounts.map(({ id, on, fstype, from }) => ({ id, on, fstype, from })),
  );
}

function survives(text: string): void {
  const mounts = parseMountinfo(text);
  assert.ok(mounts.length <= text.split('\n').length);
  for (const { on, fstype, from } of mounts) assert.ok(![on, fstype, from].includes(undefined as never));
}

export const target: FuzzTarget = {
  about: '/proc/PID/mountinfo, against lines written as the kernel writes them',
  open: () => ({
    properties: {
      lines: fuzzProperty({ input: fc.array(mount, { maxLength: 6 }), check: readsBack, usual: 500 }),
      any: fuzzProperty({
        input: mutantTexts(corpusTexts('mountinfo'), {
          tokens: [' ', ' - ', '\n', '\\040', '\\777'],
          maxLength: 600,
        }),
        check: survives,
        usual: 2000,
      }),
    },
  }),
};
