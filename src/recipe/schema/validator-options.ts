import type { Options } from 'ajv/dist/2020.js';

/** How the recipe's schema is compiled, here and by the build. */
export const validatorOptions = {
  allErrors: true,
  verbose: true,
  strictTypes: false,
  strictRequired: false,
  allowUnionTypes: true,
  validateFormats: false,
  // Annotations that editors read.
  keywords: ['enumDescriptions', 'patternErrorMessage', 'markdownDescription', 'defaultSnippets'],
} satisfies Options;
