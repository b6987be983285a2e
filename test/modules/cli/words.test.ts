/** Which command lines are for the running kernel. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kernelWords } from '../../../modules/cli/control/words.js';

const words = (line: string): string | undefined => kernelWords(line.split(' '))?.join(' ');

for (const protocol of ['carp', 'vrrp'])
  test(`${protocol} runs here with options, and is about the running kernel without`, () => {
    assert.equal(words(protocol), protocol);
    assert.equal(words(`${protocol} --socket=/run/s`), `${protocol} --socket=/run/s`);
    assert.equal(words(`${protocol} --json`), `${protocol} --json`);
    assert.equal(words(`${protocol} --json --socket /run/s`), `${protocol} --json --socket /run/s`);
    assert.equal(words(`${protocol} --json -i eth0`), undefined);
    assert.equal(words(`${protocol} --json --file carp.json`), undefined);
    assert.equal(words(`${protocol} 7@eth0 state backup`), `${protocol} state 7@eth0 backup`);
    assert.equal(words(`${protocol} state 7@eth0 backup`), `${protocol} state 7@eth0 backup`);
    assert.equal(words(`${protocol} -i eth0 -v 7`), undefined);
    assert.equal(words(`${protocol} --help`), undefined);
  });

test('other commands of ours are not, and other words are', () => {
  assert.equal(words('ucarp'), undefined);
  assert.equal(words('health'), 'health');
  assert.equal(words('help health'), 'health --help');
  assert.equal(words('help devd'), undefined);
});
