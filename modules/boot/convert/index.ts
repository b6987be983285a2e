export { convertCarpJson } from './carp-json.js';
export { type Conversion, conversionText, passwordPath, passwordRemark } from './conversion.js';
export { convertKeepalived } from './keepalived/convert.js';
