/** Programs that modules run: limited in time and output, each in a process group of its own. */
export { launch, signalGroup } from './group.js';
export { type ProgramEnd, type ProgramOptions, runProgram } from './program.js';
export { type ProgramSettings, programSchema } from './settings.js';
