import * as v from 'valibot';

const path = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(106, 'a Unix socket takes a path of 106 bytes at the most here'),
);

/** Settings of the module `control`. */
export const controlSettings = v.strictObject({
  socket: v.optional(
    v.pipe(path, v.description('the socket that also takes changes; mode 0660')),
    '/run/carpet/control.sock',
  ),
  readSocket: v.optional(
    v.pipe(
      v.union([path, v.literal(false)]),
      v.description('the socket that everyone may read from; mode 0666'),
    ),
    '/run/carpet/status.sock',
  ),
  group: v.optional(
    v.pipe(v.string(), v.description('the group whose members may change something, if the host has it')),
    'carpet',
  ),
});

/** The settings of the module `control`, defaults filled in. */
export type ControlSettings = v.InferOutput<typeof controlSettings>;
