/** JavaScript of TypeScript, line for line. Jest's transformer for the test files that it loads itself. */
import { transform } from 'sucrase';

export function stripTypes(text) {
  return transform(text, {
    transforms: ['typescript'],
    disableESTransforms: true,
    preserveDynamicImport: true,
  }).code;
}

export default { process: (text) => ({ code: stripTypes(text) }) };
