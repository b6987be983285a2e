import * as v from 'valibot';
import { programSchema } from '../programs/index.js';

const about = <T extends v.GenericSchema>(text: string, schema: T) => v.pipe(schema, v.description(text));
const milliseconds = (min: number) => v.pipe(v.number(), v.integer(), v.minValue(min));

const script = v.strictObject({
  command: about('Called with add, remove or check behind its arguments.', programSchema.entries.command),
  user: programSchema.entries.user,
  timeout: about(
    'Milliseconds after which a call has failed and is ended, with all of its process group.',
    v.optional(milliseconds(1), 30_000),
  ),
  check: about(
    'Milliseconds between two checks of a MASTER; 0: the program has no check.',
    v.optional(milliseconds(0), 0),
  ),
  announce: about(
    'Whether the addresses are announced on the interface too.',
    v.optional(v.boolean(), false),
  ),
});

/** The settings of the module `vip-script`. */
export const vipScriptSchema = v.strictObject({
  providers: about(
    'Programs by the names that the setting provider of a vhid can have.',
    v.record(
      v.pipe(v.string(), v.regex(/^[\w.-]{1,64}$/, 'is not a name of letters, digits, . _ -')),
      script,
    ),
  ),
});

/** One program. */
export type ScriptSettings = Readonly<v.InferOutput<typeof script>>;
/** Defaults filled in. */
export type VipScriptConfig = v.InferOutput<typeof vipScriptSchema>;
