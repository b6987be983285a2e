export { type ImportOrigin, importerFrom } from './importer.js';
