/** Small modules for settings files. */
import * as v from 'valibot';
import { inject, Module, type ModuleLifecycle, SETTINGS } from '../../../../core/index.js';
import type { ModuleRegistry } from '../../../../modules/boot/index.js';

const gaugeSchema = v.strictObject({
  level: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(9)), 0),
  colours: v.optional(v.array(v.picklist(['red', 'green'])), []),
  door: v.optional(
    v.union([v.literal(false), v.strictObject({ limit: v.pipe(v.number(), v.minValue(1)) })]),
    false,
  ),
  password: v.exactOptional(v.pipe(v.string(), v.regex(/^[a-z]+$/))),
});

@Module({ name: 'gauge', settings: gaugeSchema, secrets: ['password'] })
export class Gauge implements ModuleLifecycle {
  constructor(@inject(SETTINGS) public settings: v.InferOutput<typeof gaugeSchema>) {}

  reconfigure(settings: v.InferOutput<typeof gaugeSchema>): void {
    this.settings = settings;
  }
}

@Module({ name: 'bare' })
export class Bare {}

/** Changes only by being loaded anew. */
@Module({ name: 'stiff', depends: [Bare], settings: v.looseObject({}) })
export class Stiff {
  constructor(@inject(SETTINGS) readonly settings: Record<string, unknown>) {}
}

export const REGISTRY: ModuleRegistry = {
  gauge: { summary: 'A gauge.', load: async () => Gauge },
  bare: { summary: 'Nothing.', load: async () => Bare },
  stiff: { summary: 'Stiff.', load: async () => Stiff },
};
