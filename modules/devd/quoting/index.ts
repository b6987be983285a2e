export { ActionCommand, type PlacedVariable, type QuotingStyle, type Values } from './action.js';
export { environmentName } from './environment-name.js';
export type { Admission, Doubt, Place } from './place.js';
export { QuotingError, quoteBsd, quoteWord } from './quote.js';
