import * as v from 'valibot';

const word = v.pipe(
  v.string(),
  v.check((text) => !text.includes('\0'), 'has a NUL byte'),
);

/** What the settings of a module say of a program. */
export const programSchema = v.object({
  command: v.pipe(
    v.union([
      v.pipe(word, v.nonEmpty('is empty')),
      v.pipe(
        v.array(word),
        v.minLength(1, 'is empty'),
        v.check(([file]) => file !== '', 'names no program'),
      ),
    ]),
    v.description('a command for /bin/sh, or a list of a program and its arguments, which no shell reads'),
  ),
  user: v.optional(
    v.pipe(
      v.string(),
      v.nonEmpty('is empty'),
      v.description('runs as this user, with its groups; needs root'),
    ),
  ),
});

/** A program as settings name it. */
export type ProgramSettings = Readonly<v.InferOutput<typeof programSchema>>;
