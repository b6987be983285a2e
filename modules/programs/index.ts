/** Programs that modules run, started without holding the event loop; limits on their time and output. */
export {
  CHILD_CHANNEL,
  type Child,
  type ChildEnd,
  type ChildMessage,
  type ChildOptions,
  type ChildUser,
} from './child.js';
export { launch } from './group.js';
export { kill } from './kill.js';
export { type ProgramEnd, type ProgramOptions, runProgram } from './program.js';
export { type ProgramSettings, programSchema } from './settings.js';
export { ChildStarter } from './starter.js';
