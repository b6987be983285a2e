/** A text has something that shells read differently, or that is not followed here. Thrown and caught while an action is read. */
export class NotPlain extends Error {
  constructor(readonly reason: string) {
    super(reason);
    this.name = 'NotPlain';
  }
}
