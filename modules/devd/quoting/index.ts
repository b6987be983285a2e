export { ActionCommand, type PlacedVariable, type QuotingStyle } from './action.js';
export type { Place } from './place.js';
export { environmentName, QuotingError, quoteBsd, quoteWord } from './quote.js';
