export { FileImporter, type ImportOrigin, importerFrom } from './importer.js';
