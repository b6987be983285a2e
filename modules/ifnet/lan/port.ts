import { checkImpairment, type Impairment } from './impairment.js';

/** The station at the other end of a port's cable. */
export interface LanStation {
  /**
   * A frame arrived. It is shared by all receivers: not to be changed, nor kept.
   *
   * @returns why it is dropped, if it is and the station can say; shown by {@link Lan.trace}
   */
  receive(frame: Uint8Array): string | undefined | void;
  /** The cable was cut or mended. */
  carrierChanged(carrier: boolean): void;
}

/** What a port needs of its segment; `Lan` provides it. */
export interface Switchboard {
  forward(port: LanPort, frame: Uint8Array): void;
  /** The port could not send the frame. */
  refuse(port: LanPort, frame: Uint8Array, reason: string): void;
  unplug(port: LanPort): void;
}

/**
 * One socket of the switch and the cable in it. `carrier` is the cable's state as both ends see it.
 * `tx` and `rx` are what this cable alone does to the frames from and to the station, on top of the segment's own
 * impairments: `port.impair({ tx: { loss: 1 } })` makes a host that hears but is not heard.
 */
export class LanPort implements Disposable {
  carrier = true;
  tx: Impairment | undefined;
  rx: Impairment | undefined;
  readonly counters = { sent: 0, received: 0, noCarrier: 0 };
  /** The ports whose frames do not arrive here. Owned by `Lan`. */
  readonly blocked = new Set<LanPort>();
  /** When the last frame from each other port arrives; what keeps jitter from reordering. Owned by `Lan`. */
  readonly lastArrival = new Map<LanPort, number>();

  constructor(
    readonly name: string,
    readonly station: LanStation,
    private readonly board: Switchboard,
  ) {}

  /**
   * Sends a frame into the segment; with the cable cut it is lost and counted.
   *
   * @param given whether the sender gives the bytes away and writes to them no more; else they are copied
   */
  transmit(frame: Uint8Array, given = false): void {
    if (!this.carrier) {
      this.counters.noCarrier++;
      this.board.refuse(this, frame, 'no carrier');
      return;
    }
    this.counters.sent++;
    this.board.forward(this, given ? frame : frame.slice());
  }

  /** Replaces this cable's own impairments; what is left out is removed. */
  impair(wires: { tx?: Impairment; rx?: Impairment }): void {
    this.tx = wires.tx && checkImpairment(wires.tx);
    this.rx = wires.rx && checkImpairment(wires.rx);
  }

  /** Pulls the cable out of the switch for good. */
  [Symbol.dispose](): void {
    this.board.unplug(this);
  }
}
