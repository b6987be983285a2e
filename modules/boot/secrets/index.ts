export { CREDENTIAL_KEY, fileKey, isSecret, looksSecret, remedy, resolveSecrets } from './resolve.js';
export { SecretStore } from './secret-store.js';
