/** What an offer gives to be disposed of: a handle in the thread, the thing itself in the kernel. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Loans } from '../../../modules/worker/loans.js';
import { EchoKernel } from './support/kernel.js';

describe('what a worker has got', () => {
  it('is given back when the module disposes of it', async () => {
    await using echo = await EchoKernel.start();
    assert.deepEqual(await echo.tell('hold'), ['a line']);
    assert.deepEqual([...echo.ledger.held], ['a line']);
    await echo.tell('let go', 1);
    await echo.until(() => echo.ledger.held.size === 0);
  });

  it('is given back when its thread ends, or the module is unloaded', async () => {
    await using echo = await EchoKernel.start({ restart: { delayMs: 10 } });
    await echo.tell('hold');
    echo.kernel.eventhandler.invoke('worker_test', 'exit');
    await echo.until(() => echo.isolation.restarts === 1);
    assert.equal(echo.ledger.held.size, 0);
    await echo.until(() => echo.isolation.state === 'running');
    const { ledger } = echo;
    await echo.tell('hold');
    assert.equal(ledger.held.size, 1);
    await echo.kernel.unload('echo');
    assert.equal(ledger.held.size, 0);
  });

  it('is given back at once when the thread had ended before it came', () => {
    let held = 1;
    const loans = new Loans();
    loans[Symbol.dispose]();
    loans.lend({ [Symbol.dispose]: () => void held-- });
    assert.equal(held, 0);
    assert.equal(loans.lend({ a: 1 }), undefined);
  });
});
