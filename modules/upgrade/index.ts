/** One process of carpet takes the place of another, without a failover. */

export { UpgradeModule } from './module.js';
export type { UpgradeOffer } from './protocol.js';
export { askForOffer, Takeover } from './taker.js';
