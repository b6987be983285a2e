export { CREDENTIAL_KEY, fileKey, isSecret, remedy, resolveSecrets } from './resolve.js';
export { SecretStore } from './secret-store.js';
