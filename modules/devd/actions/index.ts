/** Runs the actions of rules. */
export type { ActionRun, CommandEnd, RunningCommand, Spawner } from './command.js';
export { actionEnvironment } from './environment.js';
export { ActionRunner } from './runner.js';
export { ActionScheduler, type SchedulerServices } from './scheduler.js';
export { Shell } from './shell.js';
export { type ActionTunables, actionTunables } from './tunables.js';
