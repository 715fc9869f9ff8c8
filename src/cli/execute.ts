/** Re-exports oclif's entry: a bundle finds the exports of a CommonJS package only through a module of its own. */
export { execute } from '@oclif/core/execute';
