/**
 * What authors of plugins need to test them, in any test runner: rows made with scripted models, and checks of
 * the contracts that seed types and trace formats must keep.
 */
export { checkFormat } from './check-format.js';
export { checkSeedType } from './check-seed-type.js';
export {
  makeOneRow,
  type OneRow,
  type OneRowOptions,
  type Script,
  type ScriptedRequest,
} from './make-one-row.js';
