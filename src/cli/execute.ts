/** The framework, behind a module of ours: a bundle knows the names that a CommonJS package exports only this way. */
export { execute } from '@oclif/core/execute';
