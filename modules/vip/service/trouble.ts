/** Why a MASTER does not serve as it should. */
export interface Trouble {
  readonly reason: string;
  /** No address is served. */
  readonly total: boolean;
}
