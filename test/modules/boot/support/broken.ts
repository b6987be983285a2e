import { Module } from '../../../../core/index.js';

/** Does not start. */
@Module({ name: 'broken' })
export class Broken {
  start(): void {
    throw new Error('out of order');
  }
}
