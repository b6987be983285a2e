/** JSON Schemas of the schemas that settings and verbs are checked by. */
export { type JsonSchema, jsonSchemaOf } from './json-schema.js';
