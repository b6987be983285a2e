import type { LogRecord, LogSink } from '../../../core/index.js';
import type { LogSettings } from '../../boot/index.js';
import type { Cli } from '../cli.js';
import { openLog } from '../log/index.js';

/** A log whose settings change while the kernel runs. What the command line says counts more than the file. */
export class SettingsLog {
  readonly #cli: Pick<Cli, 'debug' | 'format'>;
  #sink: LogSink = () => undefined;

  constructor(cli: Pick<Cli, 'debug' | 'format'>) {
    this.#cli = cli;
  }

  /** For the kernel: always the sink in force. */
  readonly sink = (record: LogRecord): void => this.#sink(record);

  /** Puts settings into force. */
  async set({ level, format }: LogSettings): Promise<void> {
    const { debug, format: typed } = this.#cli;
    this.#sink = await openLog({ debug, format: typed ?? format, level });
  }
}
