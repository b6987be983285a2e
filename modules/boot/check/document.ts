import * as v from 'valibot';
import { LOG_LEVELS } from '../../../core/index.js';

/** How log lines are written. */
export const LOG_FORMATS = ['text', 'json', 'journal'] as const;

const sysctlName = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9_]+(\.[\w@%:-]+)+$/i, 'is no sysctl name: words joined by dots, as net.inet.carp.log'),
);

const value = v.union([v.string(), v.number(), v.boolean()], 'is not a text, a number, true or false');

/** The file as a whole. The settings of each module are checked by the module's own schema. */
export const documentSchema = v.pipe(
  v.strictObject({
    name: v.optional(
      v.pipe(
        v.string('is not a text'),
        v.regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,62})$/, 'is no host name: letters, digits, . and -'),
        v.description("The host's name in logs; the machine's by default."),
      ),
    ),
    log: v.optional(
      v.pipe(
        v.strictObject(
          {
            level: v.optional(
              v.pipe(
                v.picklist(LOG_LEVELS, `is not one of ${LOG_LEVELS.join(', ')}`),
                v.description('The least severe lines that are written.'),
              ),
            ),
            format: v.optional(
              v.pipe(
                v.picklist(LOG_FORMATS, `is not one of ${LOG_FORMATS.join(', ')}`),
                v.description('How lines are written; what fits standard error by default.'),
              ),
            ),
          },
          'is not a mapping',
        ),
        v.description('What is logged, and how.'),
      ),
    ),
    sysctl: v.optional(
      v.pipe(
        v.record(sysctlName, value, 'is not a mapping of names to values'),
        v.description('Values of sysctls, by name; carpet sysctl -a lists them.'),
      ),
    ),
    modules: v.optional(
      v.pipe(
        v.record(v.string(), v.unknown(), 'is not a mapping of modules to their settings'),
        v.description('Modules to load, with their settings: by short name, package or path.'),
      ),
    ),
  }),
  v.title("carpet's settings"),
);

export type DocumentSettings = v.InferOutput<typeof documentSchema>;
