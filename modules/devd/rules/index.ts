export type { Condition } from './condition.js';
export { isKnownMedia, type MediaProbe, type MediaType } from './media.js';
export type { Action, Rule } from './rule.js';
export { Ruleset } from './ruleset.js';
export { fillTemplate, parseTemplate, type TemplatePart } from './template.js';
