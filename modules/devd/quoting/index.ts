export { ActionCommand, type PlacedVariable, type QuotingStyle } from './action.js';
export { environmentName } from './environment-name.js';
export type { Place } from './place.js';
export { QuotingError, quoteBsd, quoteWord } from './quote.js';
