import { CarpetError, describe } from '../errors.js';

/** A callout threw, or the promise that it returned rejected. What it threw is the `cause`; the code is `ECALLOUT`. */
export class CalloutError extends CarpetError {
  /** The callout's name. */
  readonly callout: string;
  /** The module that made the callout, if a module did. */
  readonly owner: string | undefined;

  constructor(callout: string, owner: string | undefined, cause: unknown) {
    const whose = owner === undefined || callout.startsWith(owner) ? '' : ` of ${owner}`;
    super('ECALLOUT', `callout ${callout}${whose} failed: ${describe(cause)}`, { cause });
    this.callout = callout;
    this.owner = owner;
  }
}
