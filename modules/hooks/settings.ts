/**
 * The settings of hooks: docs/hooks.md lists them for people.
 *
 * @module
 */
import * as v from 'valibot';
import { programSchema } from '../programs/index.js';

const about = <T extends v.GenericSchema>(text: string, schema: T) => v.pipe(schema, v.description(text));
const text = v.pipe(v.string(), v.nonEmpty('is empty'));

/** STOP: the module is being unloaded, with the kernel or alone. */
export const HOOK_STATES = ['MASTER', 'BACKUP', 'INIT', 'DRAIN', 'UNDRAIN', 'STOP'] as const;
/** What a hook can be called for. */
export type HookState = (typeof HOOK_STATES)[number];

const common = {
  timeout: about(
    'Milliseconds after which a run is ended, with all of its process group.',
    v.optional(v.pipe(v.number(), v.minValue(10), v.maxValue(3_600_000)), 30_000),
  ),
  states: about(
    'What it is called for: MASTER, BACKUP, INIT, DRAIN, UNDRAIN, STOP.',
    v.optional(v.array(v.picklist(HOOK_STATES)), ['MASTER', 'BACKUP', 'INIT']),
  ),
  vhids: about('Vhids, as 1@eth0; default: all.', v.optional(v.array(text))),
  user: programSchema.entries.user,
};
const { command } = programSchema.entries;

const hook = v.variant('form', [
  v.strictObject({ form: v.literal('json'), command, ...common }),
  v.strictObject({
    form: v.literal('keepalived'),
    command,
    instance: about("The name that the script gets; default: the vhid's, 1@eth0.", v.optional(text)),
    ...common,
  }),
  v.strictObject({
    form: v.literal('ucarp'),
    up: about('Called as MASTER with the interface and an address, for each address.', v.optional(command)),
    down: about('Called in every other state, with the same.', v.optional(command)),
    xparam: about('Third argument of both.', v.optional(v.string())),
    ...common,
  }),
  v.strictObject({
    form: v.literal('stream'),
    command: about('Kept running; gets one JSON object a line.', command),
    vhids: common.vhids,
    user: common.user,
  }),
]);

const name = v.pipe(
  v.string(),
  v.regex(/^[a-z][\w-]{0,31}$/i, 'is no name of a hook: up to 32 letters, digits, _ and -'),
);

export const hooksSchema = v.optional(
  v.strictObject(
    { hooks: about('Hooks by their names.', v.optional(v.record(name, hook), {})) },
    'is not a mapping',
  ),
  {},
);

/** What `kernel.load(HooksModule, …)` takes. */
export type HooksSettings = v.InferInput<typeof hooksSchema>;
/** Defaults filled in. */
export type HooksConfig = Readonly<v.InferOutput<typeof hooksSchema>>;
/** The settings of one hook. */
export type HookSettings = Readonly<v.InferOutput<typeof hook>>;
/** Of one whose program is called for each event. */
export type CalledSettings = Exclude<HookSettings, { form: 'stream' }>;
/** Of one whose program is kept running. */
export type StreamSettings = Extract<HookSettings, { form: 'stream' }>;
