/** A setting of the host's that somebody has changed; disposing of it puts back what was there. */
export interface IfnetSetting extends Disposable {
  /** Instead: leaves it as it is, because somebody else needs it. */
  keep(): void;
}
