import { EventHandler, Module } from '../../../../core/index.js';

/** Answers lists with a result, in its worker: two handlers of one priority, and one behind them. */
@Module({ name: 'advisor' })
export class Advisor {
  @EventHandler('worker_advice')
  first(text: string): string | undefined {
    if (text === 'fail') throw new Error('no idea');
    return text === 'pass' ? undefined : `${text}1`;
  }

  @EventHandler('worker_advice')
  async second(text: string): Promise<string> {
    if (text.startsWith('never')) await new Promise(() => undefined);
    return `${text}2`;
  }

  @EventHandler('worker_advice', 20_000)
  third(text: string): string {
    return `${text}3`;
  }
}
