/**
 * Before Node 26 what a callback has queued (promises, `process.nextTick`) runs when it returns to an addon. Since then it
 * waits for the end of the next callback of Node's own, which may be seconds away.
 */
const NODE_ENDS_TURNS = Number(process.versions.node.split('.')[0]) < 26;
const nothing = (): void => {};

/**
 * A callback for koffi's poll handles that is a turn of the event loop like any other: what it throws becomes an uncaught
 * exception in the next turn (thrown into koffi, it would surface in an unrelated callback, much later), and what it has
 * queued runs in this one.
 */
export function asTurn(callback: () => void): () => void {
  return () => {
    try {
      callback();
    } catch (error) {
      setImmediate(() => {
        throw error;
      });
    }
    // The nearest end of a turn: an immediate runs in the same round of the loop.
    if (!NODE_ENDS_TURNS) setImmediate(nothing);
  };
}
