/**
 * Random actions with hostile values in random contexts, run by the shells of this machine: no value ever becomes a
 * command, and every value that a certain context lets in arrives unchanged. CARPET_FUZZ=N multiplies the runs.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ActionCommand, parseTemplate } from '../../modules/devd/index.js';
import { Sandbox, SHELLS } from '../modules/devd/quoting/support/sandbox.js';
import { needs } from '../support/needs.js';
import { fuzzShortly } from './short.js';
import { target } from './targets/devd-quoting.js';

const timeout = 14_400_000;

describe('no value can run a command', () => {
  for (const { name, skip } of SHELLS)
    it(`in random contexts under ${name}`, { skip, timeout }, () => fuzzShortly(target, name));

  it("and FreeBSD's own quoting would be caught", { skip: needs('program:bash') }, () => {
    using sandbox = new Sandbox();
    const script = new ActionCommand(parseTemplate("echo 'pool=$x'")).render(() => 'tank; : >pwned', 'bsd');
    assert.deepEqual(sandbox.takenOver(['bash'], [{ script, environment: {} }]), [script]);
  });

  it('and each arrives unchanged where the context is certain', { timeout }, () =>
    fuzzShortly(target, 'unchanged'),
  );
});
