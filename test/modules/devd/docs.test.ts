/** Every rule file in the manual page is accepted, and the checker has nothing to say of it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkConfig, parseConfig } from '../../../modules/devd/index.js';

const page = readFileSync(new URL('../../../../docs/devd.conf.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/^```\n([\s\S]*?)^```$/gm)].map((match) => match[1]!);

test('the manual page has examples', () => assert.ok(blocks.length >= 5));

for (const [i, block] of blocks.entries()) {
  test(`example ${i + 1} is right`, () => {
    const parsed = parseConfig(block);
    assert.equal(parsed.error, undefined, parsed.error?.message);
    assert.deepEqual(
      checkConfig([parsed]).map(({ line, message }) => `${line}: ${message}`),
      [],
    );
  });
}
