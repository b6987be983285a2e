import type { Ifnet, InetFamily } from '../../ifnet/index.js';

/** A virtual host, as far as it matters for what demotes it. */
export interface Demotable {
  readonly name: string;
  readonly ifp: Ifnet | undefined;
  readonly families: readonly InetFamily[];
  readonly settings: {
    /** OpenBSD's interface groups. */
    readonly groups: readonly string[];
    readonly failoverGroup?: string | undefined;
  };
}
